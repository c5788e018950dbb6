// Short strings and slices of bytes that do not outlive a function need no heap; those that do are their own.
package main

import (
	"fmt"
	"testing"
	"unicode/utf8"
)

var kept []string
var slices [][]byte

//go:noinline
func join(a, b string) int { return len(a + b) }

//go:noinline
func count(b []byte) int { return utf8.RuneCountInString(string(b)) }

//go:noinline
func first(s string) byte {
	b := []byte(s)
	b[0]++
	return b[0]
}

//go:noinline
func three(a, b, c string) bool { return a+b+c == c+b+a }

//go:noinline
func keepAll(parts []string) {
	for _, p := range parts {
		kept = append(kept, p+"!")
		b := []byte(p)
		slices = append(slices, b[:1])
		s := string(b)
		defer func() { kept = append(kept, s) }()
	}
}

//go:noinline
func round(n int) string {
	s := ""
	for i := range n {
		s = s + string(rune('a'+i))
	}
	return s
}

func main() {
	long := "longer than thirty-two bytes, which is what there is room for"
	b := []byte("bytes")
	fmt.Println(testing.AllocsPerRun(10, func() { join("abc", "def") }), testing.AllocsPerRun(10, func() { count(b) }),
		testing.AllocsPerRun(10, func() { first("xyz") }), testing.AllocsPerRun(10, func() { three("a", "b", "a") }))
	fmt.Println(join(long, "x"), count([]byte(long)), first(long), three(long, "b", long))
	fmt.Println(join("", "x"), join("x", ""), count(nil), three("", "", ""))
	keepAll([]string{"one", "two", long})
	fmt.Println(kept, len(slices), string(slices[0]), string(slices[1]), string(slices[2]))
	fmt.Println(round(5), round(26), cap([]byte("abc")) >= 3)
}
