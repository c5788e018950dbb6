package main

import "fmt"

func main() {
	var i int32 = -8
	var u uint32 = 0x80000001
	for _, s := range []uint{0, 1, 31, 32, 33, 63, 64, 100} {
		fmt.Println(s, i<<s, i>>s, u<<s, u>>s, int64(i)>>s, uint64(u)<<s, int8(i)>>s, uint8(u)>>s, uint16(u)<<s)
	}
	var s8 uint8 = 200
	fmt.Println(1<<s8 == 0, int64(-1)>>s8, uint64(1)<<(s8-137))
	for _, s := range []int{0, 5, 64} {
		fmt.Println(1<<s, -1>>s, uint8(1)<<s)
	}
	i <<= 3
	u >>= 31
	fmt.Println(i, u)
	defer func() { fmt.Println(recover()) }()
	n := -1
	fmt.Println(1 << n)
}
