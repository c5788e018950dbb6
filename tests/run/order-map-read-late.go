package main

import "fmt"

func main() {
	m := map[string]int{"k": 1}
	f := func() int { m["k"] = 2; return 3 }
	a, b := m["k"], f()
	fmt.Println(a, b)
	x := 10
	p := &x
	g := func() int { *p = 20; return 1 }
	c, d := *p, g()
	fmt.Println(c, d)
	s := []int{1}
	h := func() int { s[0] = 9; return 2 }
	e, i := s[0], h()
	fmt.Println(e, i)
	key := []byte("k")
	hb := func() int { m["k"] = 77; return 0 }
	v, w := m[string(key)], hb()
	fmt.Println(v, w)
}
