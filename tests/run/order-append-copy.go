package main

import "fmt"

func main() {
	s := []int{1}
	f := func() []int { s = []int{5, 6}; return []int{2} }
	fmt.Println(append(s, f()...))
	a := []int{1, 2, 3}
	g := func() []int { a = []int{0, 0, 0}; return []int{9} }
	n := copy(a, g())
	fmt.Println(n, a)
	t := []int{1, 2}
	h := func() int { t = []int{7}; return 3 }
	fmt.Println(append(t, h()))
	m := []int{1, 2, 3, 4}
	m = append(m[:1], m[2:]...)
	fmt.Println(m)
	m = append(m, m...)
	fmt.Println(m)
}
