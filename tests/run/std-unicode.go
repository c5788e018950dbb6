package main

import (
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

func main() {
	for _, r := range "aZ5 é世_\u0301😀\u00a0½" {
		fmt.Println(string(r), unicode.IsLetter(r), unicode.IsUpper(r), unicode.IsDigit(r), unicode.IsSpace(r), unicode.IsPunct(r), unicode.IsSymbol(r), unicode.IsMark(r), unicode.IsNumber(r), unicode.IsPrint(r), string(unicode.ToUpper(r)))
	}
	fmt.Println(unicode.Is(unicode.Han, '世'), unicode.In('α', unicode.Greek, unicode.Latin), unicode.SimpleFold('K'))
	b := []byte("é世\xff")
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		fmt.Print(r, ":", n, " ")
		b = b[n:]
	}
	fmt.Println(utf8.RuneCountInString("é世"), utf8.ValidString("a\xff"), utf8.RuneLen('😀'), utf8.AppendRune(nil, '世'), utf8.FullRune([]byte{0xe4}))
	fmt.Println(utf16.Encode([]rune("a😀")), string(utf16.Decode([]uint16{0x61, 0xd83d, 0xde00, 0xd800})))
	r, n := utf8.DecodeLastRuneInString("x世")
	fmt.Println(r, n, utf8.RuneError, utf8.ValidRune(0xd800), unicode.MaxRune)
}
