// Panics of a store belong to the second phase of an assignment.
package main

import "fmt"

type P struct{ i int }

func try(name string, f func()) {
	defer func() { fmt.Println(name, recover()) }()
	f()
}

func main() {
	w, u := 0, make([]int, 2)
	five := 5
	try("store", func() { w, u[five] = 1, 2 })
	fmt.Println(w)
	m := map[int]int{}
	var np *int
	try("nil pointer", func() { m[2], *np = 1, 2 })
	fmt.Println(len(m))
	k := 0
	var p *P
	try("field", func() { k, p.i = 3, 2 })
	fmt.Println(k)
	zero := 0
	n := func(s string, x int) int { fmt.Println("eval", s); return x }
	try("division first", func() { u[n("i", 5)] = 1 / zero })
	var nm map[int]int
	try("nil map", func() { nm[n("k", 1)] = n("v", 2) })
	q := new(int)
	try("second", func() { *q, nm[2] = 5, 2 })
	fmt.Println(*q)
}
