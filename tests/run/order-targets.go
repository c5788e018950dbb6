// Operands of assignments' targets, and what a call to their right changes.
package main

import "fmt"

type K struct{ a, b, c, d, e int }
type I interface{ m() }
type S struct{ x, y int }

func (S) m() {}

type St struct {
	i  int
	k  K
	s  S
	m  map[int]int
	mk map[K]int
	me map[any]int
	mi map[I]int
	sl []int
	p  *int
	a  [3]int
}

//go:noinline
func upd(x *St) int {
	j := 9
	x.i, x.k, x.s, x.p, x.a = 2, K{a: 2}, S{2, 2}, &j, [3]int{2, 2, 2}
	x.sl = []int{7, 7, 7}
	return 5
}
func upd2(x *St) (int, bool) { return upd(x), true }
func st() *St {
	j := 1
	return &St{1, K{a: 1}, S{1, 1}, map[int]int{}, map[K]int{}, map[any]int{}, map[I]int{}, []int{0, 0, 0}, &j, [3]int{}}
}
func (x *St) show(n int) {
	fmt.Println(n, x.i, x.m, x.mk, x.me, len(x.mi), x.mi[S{1, 1}], x.mi[S{2, 2}], x.sl, *x.p, x.a)
}

func main() {
	x := st()
	x.m[x.i] = upd(x)
	x.show(1)
	x = st()
	x.mk[x.k] = upd(x)
	x.show(2)
	x = st()
	x.mk[K{a: x.i}] = upd(x)
	x.show(3)
	x = st()
	x.me[x.i] = upd(x)
	x.show(4)
	x = st()
	x.me[x.s] = upd(x)
	x.show(5)
	x = st()
	x.mi[x.s] = upd(x)
	x.show(6)
	x = st()
	x.mi[S{x.i, x.i}] = upd(x)
	x.show(7)
	x = st()
	x.sl[x.i] = upd(x)
	x.show(8)
	x = st()
	x.a[x.i] = upd(x)
	x.show(9)
	x = st()
	*x.p = upd(x)
	x.show(10)
	x = st()
	x.m[x.i] += upd(x)
	x.show(11)
	x = st()
	x.mk[K{a: x.i}] += upd(x)
	x.show(12)
	x = st()
	x.me[x.i] += upd(x)
	x.show(13)
	x = st()
	x.i += upd(x)
	x.show(14)
	x = st()
	x.sl[x.i] += upd(x)
	x.show(15)
	x = st()
	x.i, x.m[x.i] = upd(x), x.i
	x.show(16)
	x = st()
	x.me[x.i], x.mk[K{a: x.i}] = x.i, upd(x)
	x.show(17)
	x = st()
	var ok bool
	x.me[x.i], ok = upd2(x)
	x.show(18)
	x = st()
	x.me[x.s], ok = x.me[upd(x)]
	x.show(19)
	x = st()
	x.m[x.i], ok = x.mk[K{a: upd(x)}]
	x.show(20)
	fmt.Println(ok)
	x = st()
	delete(x.me, upd(x))
	*x.p, x.sl[x.i] = x.i, upd(x)
	x.show(21)
	x = st()
	x.sl[x.i], x.sl[upd(x)%2] = 3, 4
	x.show(22)
	x = st()
	x.me[x.i]++
	x.m[x.i] -= x.sl[upd(x)%3]
	x.show(23)
	x = st()
	x.a[x.i] |= upd(x)
	x.k.b += upd(x)
	x.show(24)
	fmt.Println(x.k)
	x = st()
	x.m[x.i] /= upd(x)
	x.me[x.s] %= upd(x)
	x.mk[x.k] <<= upd(x)
	x.show(25)
	x = st()
	x.sl = append(x.sl, x.i, upd(x))
	x.show(26)
	x = st()
	x.sl = append(x.sl[:x.i], upd(x))
	x.show(27)
	var e any
	x = st()
	e, x.i = x.s, upd(x)
	fmt.Println(e)
	x = st()
	e, x.i = x.i, upd(x)
	fmt.Println(e)
	i := 1
	set := func(n int) int { i = n; return n }
	fmt.Println(i, set(2), i, &struct{ n int }{i}, set(3))
	println := func(a, b, c int) { fmt.Println(a, b, c) }
	println(i, set(4), i)
	sw := S{1, 1}
	chg := func() bool { sw = S{2, 2}; return true }
	switch {
	case sw == S{1, 1} && chg() && sw == S{2, 2}:
		fmt.Println("yes")
	}
	fmt.Println(sw, chg(), sw == S{2, 2})
	select {
	case make(chan any, 1) <- sw:
		fmt.Println("sent")
	}
}
