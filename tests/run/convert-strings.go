package main

import "fmt"

type MyBytes []byte
type MyByte byte
type MyString string

func main() {
	s := "héllo, 世界\xff\xed\xa0\x80!"
	fmt.Println(len(s), []byte(s), []rune(s))
	fmt.Println(string(rune(65)), string(rune(0x4e16)), string(rune(-1)), string(rune(0xd800)), string(rune(0x110000)))
	fmt.Println(string([]rune{72, 105, -1, 0x10ffff}), string([]byte{72, 105}))
	fmt.Println(string(MyBytes("x")), MyString([]byte("yz")), []MyByte("ab"), string([]MyByte{99}))
	var nilb []byte
	fmt.Println(string(nilb) == "", []byte("") == nil, len([]rune("")))
	b := []byte("abc")
	t := string(b)
	b[0] = 'X'
	fmt.Println(t, string(b))
	for i, r := range "a\xffé" {
		fmt.Print(i, ":", r, " ")
	}
	fmt.Println()
}
