package main

import (
	"bytes"
	"fmt"
	"io"
)

func main() {
	var b bytes.Buffer
	b.WriteString("hello ")
	b.Write([]byte("world"))
	fmt.Fprintf(&b, " %d", 42)
	fmt.Println(b.String(), b.Len())
	x := make([]byte, 5)
	n, err := b.Read(x)
	fmt.Println(n, err, string(x), b.String())
	fmt.Println(bytes.Equal([]byte("a"), []byte("a")), bytes.Compare([]byte("a"), []byte("b")), bytes.Contains(b.Bytes(), []byte("wor")))
	fmt.Printf("%q %q\n", bytes.Split([]byte("a,b,c"), []byte(",")), bytes.Fields([]byte(" x  y ")))
	fmt.Println(string(bytes.ToUpper([]byte("abc"))), string(bytes.TrimSpace([]byte(" t "))), bytes.IndexByte([]byte("abc"), 'c'))
	fmt.Println(string(bytes.Map(func(r rune) rune { return r + 1 }, []byte("HAL"))), string(bytes.Repeat([]byte("-"), 5)))
	r := bytes.NewReader([]byte("0123456789"))
	r.Seek(-3, io.SeekEnd)
	rest, _ := io.ReadAll(r)
	fmt.Println(string(rest), bytes.LastIndex([]byte("go gopher"), []byte("go")), bytes.EqualFold([]byte("Go"), []byte("GO")))
	big := bytes.Repeat([]byte("abcdefgh"), 1000)
	fmt.Println(bytes.Count(big, []byte("h")), bytes.Index(big, []byte("ha")), len(bytes.ReplaceAll(big, []byte("ab"), nil)))
	before, after, ok := bytes.Cut([]byte("k=v"), []byte("="))
	fmt.Println(string(before), string(after), ok)
}
