package main

import (
	"fmt"
	"strings"
)

func main() {
	s := "hello, world"
	fmt.Println(s[0], s[7:], s[:5], s[3:8], len(s), s+"!", s > "hello", s == "hello, "+s[7:])
	var b strings.Builder
	for i := 0; i < 5; i++ {
		b.WriteString(strings.Repeat("ab", i))
		b.WriteByte('.')
		b.WriteRune('é')
	}
	fmt.Println(b.String(), b.Len())
	t := ""
	for i := range 10 {
		t += string(rune('a' + i))
	}
	fmt.Println(t, t < s, t <= t, "" < "a", "a" < "aa", "Z" < "a")
	x, y, z := "x", "", "zz"
	fmt.Println(x+y+z, y+y, x+y == x, x+x+z+z+x+x+y)
	raw := `back\slash
and "quotes"`
	fmt.Printf("%q %x % x %s|%5s|%-5s|%.2s\n", raw, "hi", "hi", x, x, x, s)
	fmt.Println(strings.Fields(" a b  c "), strings.Split("a,b,,c", ","), strings.Index(s, "wor"), strings.ToUpper(s))
	fmt.Println("esc: \a\b\f\v\\\x41\101\u00e9\U0001F600"[5:9] == "\a\b\f\v")
	switch {
	case s[:5] == "hello" && s[len(s)-1] == 'd':
		fmt.Println("matched")
	}
}
