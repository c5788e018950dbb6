package main

import "fmt"

func f(p *int) int { *p = 123; return *p }

type T struct{ v int }

func (t *T) set(n int) int { t.v = n; return n }

func main() {
	x := 1
	y, z := x, f(&x)
	fmt.Println(y, z)
	t := T{1}
	a, b := t.v, t.set(5)
	fmt.Println(a, b)
	var p *T = new(T)
	q := p
	p, p.v = new(T), 4
	fmt.Println(p.v, q.v)
}
