// Variables whose type is a type parameter over arrays: assigned to by element, captured, and pointed into.
package main

import "fmt"

type arrays interface{ [4]int | [8]int }

type mixed interface{ [4]int | []int }

//go:noinline
func assigned[T arrays](x T) int {
	g := func() int { return x[0] }
	x[0] = 5
	return g()
}

//go:noinline
func counted[T mixed](x T) func() int {
	i := 0
	inc := func() { x[1]++; i++ }
	inc()
	inc()
	return func() int { return x[1]*100 + i }
}

//go:noinline
func addr[T arrays](x T) *int { return &x[2] }

type nested interface{ [2][4]int | [3][4]int }

//go:noinline
func inner[T nested](x T) *int { return &x[1][2] }

//go:noinline
func part[T nested](x T) []int { return x[1][:] }

//go:noinline
func whole[T [4]int](x T) []int { return x[:] }

type structs interface {
	[2]struct{ p [3]int } | [3]struct{ p [3]int }
}

//go:noinline
func field[T structs](x T) *int { return &x[1].p[1] }

//go:noinline
func clobber(n int) (s int) {
	var a [64]int
	for i := range a {
		a[i] = n + i
	}
	for _, x := range a {
		s += x
	}
	return s
}

func main() {
	fmt.Println(assigned([4]int{1, 2, 3, 4}), assigned([8]int{1, 2, 3, 4}))
	fmt.Println(counted([4]int{1, 2, 3, 4})(), counted([]int{1, 2, 3, 4})())
	p, q := addr([4]int{1, 2, 3, 4}), addr([8]int{1, 2, 33, 4})
	r := inner([2][4]int{1: {1, 2, 3, 4}})
	s, t := part([3][4]int{1: {1, 2, 3, 4}}), whole([4]int{1, 2, 3, 4})
	u := field([2]struct{ p [3]int }{1: {[3]int{1, 2, 3}}})
	clobber(7)
	fmt.Println(*p, *q, *r, s, t, *u)
}
