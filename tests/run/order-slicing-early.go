package main

import "fmt"

func main() {
	x := []int{1, 2, 3}
	f := func() int { x = []int{9, 8}; return 5 }
	fmt.Println(len(x), x[0], x[1:], f())
	y := []int{1, 2, 3, 4}
	g := func() int { y = nil; return 5 }
	fmt.Println(cap(y), len(y), y == nil, g())
	s := "abc"
	h := func() string { s = "xyz!"; return "h" }
	fmt.Println(len(s), s[1:], []byte(s), s, h())
	n := 1
	k := func() int { n = 100; return 0 }
	fmt.Println(min(n, 50), max(n, 50), n, k())
	t := true
	l := func() bool { t = false; return true }
	fmt.Println(t && t, t, l())
}
