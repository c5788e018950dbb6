package main

import (
	"fmt"
	"strings"
)

func join(n int) string {
	s := ""
	for i := range n {
		s += fmt.Sprint(i) + ","
	}
	return s
}

func wrap(text string, width int) (lines []string) {
	var line []string
	n := 0
	for _, w := range strings.Fields(text) {
		if n+len(w)+len(line) > width {
			lines = append(lines, strings.Join(line, " "))
			line, n = nil, 0
		}
		line = append(line, w)
		n += len(w)
	}
	return append(lines, strings.Join(line, " "))
}

func rot13(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}

func palindrome(s string) bool {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		if r[i] != r[j] {
			return false
		}
	}
	return true
}

func main() {
	j := join(500)
	fmt.Println(len(j), j[:20], j[len(j)-8:])
	for _, l := range wrap("the quick brown fox jumps over the lazy dog and runs away from it all", 20) {
		fmt.Printf("|%-20s|\n", l)
	}
	fmt.Println(strings.Map(rot13, "Hello, World"), strings.Map(rot13, strings.Map(rot13, "Twice")))
	fmt.Println(palindrome("été"), palindrome("abc"), palindrome(""))
	count := map[rune]int{}
	for _, r := range "mississippi" {
		count[r]++
	}
	fmt.Println(count['s'], count['i'], count['p'], len(count))
	b := []byte("mutable")
	for i := range b {
		if i%2 == 0 {
			b[i] -= 32
		}
	}
	fmt.Println(string(b))
	var sb strings.Builder
	for i := 3; i >= 1; i-- {
		fmt.Fprintf(&sb, "%d...", i)
	}
	sb.WriteString("go")
	fmt.Println(sb.String())
}
