// What a later call changes is seen by some operands to its left, and not by others: by literals and their addresses, method
// values and unsafe slices, but not by map literals, slicing, or values that are given to the runtime by address.
package main

import (
	"fmt"
	"unsafe"
)

type S struct{ a, b int }

type A [3]int

type K struct{ a, b, c, d, e int }

type I interface{ get() int }

type N struct {
	v int
	s S
}

func (n N) get() int   { return n.v }
func (n *N) pget() int { return n.v }

type state struct {
	i  int
	s  S
	a  A
	k  K
	n  N
	pn *N
	it I
	e  any
	by []byte
	m  map[int]K
	me map[any]int
	mk map[K]int
	bo bool
}

func mk(n int) state {
	return state{n, S{n, n}, A{n, n, n}, K{a: n}, N{v: n}, &N{v: n}, N{v: n}, n, []byte{'0' + byte(n), 'x'}, map[int]K{1: {a: n}},
		map[any]int{1: 1 + 10*n, 2: 2 + 10*n, S{1, 1}: 3 + 10*n, S{2, 2}: 4 + 10*n},
		map[K]int{{a: 1}: 1 + 10*n, {a: 2}: 2 + 10*n}, n == 1}
}

//go:noinline
func change(x *state) int { *x = mk(2); return 7 }

//go:noinline
func one() int { return 1 }

func show(v any, n int) {
	switch v := v.(type) {
	case *N:
		fmt.Println(*v, n)
	case *[]int:
		fmt.Println(*v, n)
	case func() int:
		fmt.Println("func", v(), n)
	default:
		fmt.Println(v, n)
	}
}

func take[T any](v T, n int) { show(v, n) }

func some(v ...any) { show(v[0], v[1].(int)) }

func literals() {
	x := mk(1)
	take(&N{v: x.i}, change(&x))
	x = mk(1)
	take(N{v: x.i}, change(&x))
	x = mk(1)
	show(N{v: x.i}, change(&x))
	x = mk(1)
	take([]int{x.i, one()}, change(&x))
	x = mk(1)
	take(&[]int{x.i}, change(&x))
	x = mk(1)
	take(map[int]int{1: x.i}, change(&x))
	x = mk(1)
	take(map[int]int{x.i: 1}, change(&x))
	x = mk(1)
	some(A{x.i}, change(&x))
	x = mk(1)
	some([]any{x.s, x.i, K{a: x.i}}, change(&x))
	x = mk(1)
	p, n := &S{a: x.i, b: one()}, change(&x)
	fmt.Println(*p, n)
}

func interfaces() {
	x := mk(1)
	show(x.s, change(&x))
	x = mk(1)
	some(x.s, change(&x))
	x = mk(1)
	show(x.m[1], change(&x))
	x = mk(1)
	take(any(x.m[1]), change(&x))
	x = mk(1)
	take(I(N{v: x.i}), change(&x))
	x = mk(1)
	show(x.i == 1, change(&x))
	x = mk(1)
	show(!x.bo, change(&x))
	x = mk(1)
	show(x.bo, change(&x))
	x = mk(1)
	show(A(x.a[:]), change(&x))
	x = mk(1)
	show(string(x.by), change(&x))
	x = mk(1)
	show(x.by[0], change(&x))
	x = mk(1)
	show(x.by[0]+0, change(&x))
}

func others() {
	x := mk(1)
	take(x.n.get, change(&x))
	x = mk(1)
	take(x.pn.pget, change(&x))
	x = mk(1)
	take(x.it.get, change(&x))
	x = mk(1)
	show(x.it.get, change(&x))
	x = mk(1)
	take(string(unsafe.Slice(&x.by[0], x.i)), change(&x))
	x = mk(1)
	take(unsafe.String(&x.by[0], x.i), change(&x))
	x = mk(1)
	take(x.a == [3]int{x.i, 1, 1}, change(&x))
	x = mk(1)
	take(x.a == A{1, 1, 1}, change(&x))
	x = mk(1)
	take(x.n == N{v: x.i}, change(&x))
	x = mk(1)
	take(x.m[1] == x.k, change(&x))
	x = mk(1)
	take(x.e == any(x.i), change(&x))
	x = mk(1)
	take(x.me[x.i], change(&x))
	x = mk(1)
	take(x.me[x.s], change(&x))
	x = mk(1)
	take(x.me[x.e], change(&x))
	x = mk(1)
	take(x.mk[x.k], change(&x))
	x = mk(1)
	take(x.mk[K{a: x.i}], change(&x))
}

func main() {
	literals()
	interfaces()
	others()
}
