package main

import "fmt"

type S struct {
	a    int
	next *S
}

func main() {
	s := []int{1, 2, 3}
	i := 0
	i, s[i] = 2, 99
	fmt.Println(i, s)
	q := []int{1}
	old := q
	q, q[0] = nil, 7
	fmt.Println(q, old)
	p := &S{}
	op := p
	p, p.a = &S{}, 55
	fmt.Println(p.a, op.a)
	var a [3]int
	i = 0
	for i, a[i] = range []int{10, 20, 30} {
	}
	fmt.Println(i, a)
	var x any = 1
	m := map[string]any{}
	x, m["foo"] = 5, "bar"
	fmt.Println(x, m)
	l := &S{a: 1}
	l.next, l = &S{a: 2}, nil
	fmt.Println(l == nil)
}
