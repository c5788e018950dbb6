package main

import "fmt"

func main() {
	a := 1
	f := func() int { a = 100; return 1 }
	a += f()
	fmt.Println(a)
	m := map[string]int{"k": 1}
	g := func() int { m["k"] = 100; return 1 }
	m["k"] += g()
	fmt.Println(m)
	s := []int{1}
	h := func() int { s[0] = 100; return 1 }
	s[0] += h()
	fmt.Println(s)
	old := s
	r := func() int { s = []int{1000}; return 1 }
	s[0] += r()
	fmt.Println(s, old)
	str := "a"
	fs := func() string { str = "b"; return "c" }
	str += fs()
	fmt.Println(str)
}
