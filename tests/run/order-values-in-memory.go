// Values that are too large for registers are what they were when they were evaluated, though the memory that they were
// read from is written to before they are used.
package main

import "fmt"

type B struct{ a, b, c, d, e int }

func b(n int) B { return B{a: n} }

func overwrite(s []B, n int) int {
	for i := range s {
		s[i] = b(n)
	}
	return n
}

func set(p *B, n int) int { *p = b(n); return n }

func two(x B, n int) string { return fmt.Sprint(x.a, n) }

func pair() (B, B) { return b(1), b(2) }

type I interface{ m() int }

func (x B) m() int { return x.a }

func appends() {
	s := []B{b(1), b(2), b(3)}
	fmt.Println(append(s[:0], s[2], s[1], s[0]))
	s = []B{b(1), b(2)}
	fmt.Println(append(s[:0], s[1], s[0]))
	s = []B{b(1), b(2)}
	fmt.Println(append(s[:0:0], s[1], s[0]))
	t := [][3]int{{1}, {2}}
	fmt.Println(append(t[:0], t[1], t[0]))
	s = []B{b(1), b(2), b(3)}
	fmt.Println(append(s[:1], s[2]))
	fmt.Println(append(s[:0], s[1:]...))
	s = []B{b(1), b(2), b(3)}
	fmt.Println(append([]B{s[1]}, s[0], s[2]), append(s[:0], append(s[1:2], s[0])...))
}

func assignments() {
	x, y := b(1), b(2)
	x, y = y, x
	fmt.Println(x.a, y.a)
	s := []B{b(1), b(2), b(3)}
	i := 0
	s[0], s[1], s[2], i = s[1], s[2], s[0], 2
	fmt.Println(s, i)
	m := map[int]B{1: b(1), 2: b(2)}
	m[1], m[2] = m[2], m[1]
	fmt.Println(m)
	m[3] = m[1]
	fmt.Println(m[3].a)
	var a [2]B
	a[0], a[1] = pair()
	a = [2]B{a[1], a[0]}
	fmt.Println(a[0].a, a[1].a)
	p := &x
	*p, y = y, *p
	fmt.Println(x.a, y.a)
}

func lookups() {
	key := []byte("k")
	m := map[string]B{"k": b(1)}
	change := func() int { m["k"] = b(100); return 5 }
	fmt.Println(two(m[string(key)], change()))
	mi := map[int]B{1: b(1)}
	f := func() int { mi[1] = b(7); return 1 }
	fmt.Println(two(mi[1], f()))
	type K struct{ a, b, c, d, e int }
	mk := map[K]int{{a: 1}: 1}
	k := K{a: 1}
	g := func() int { k.a = 2; return 9 }
	mk[k] = g()
	fmt.Println(len(mk), mk[K{a: 2}])
}

func ranges() {
	s := []B{b(1), b(2), b(3)}
	var i int
	var v B
	for i, v = range s {
		s[i].a += 10
		fmt.Print(v.a, " ")
	}
	for s[0].a, v = range s {
		fmt.Print(v.a, " ")
	}
	a := [3]B{b(1), b(2), b(3)}
	for i, v := range a {
		a = [3]B{}
		fmt.Print(i, v.a, " ")
	}
	m := map[int]B{1: b(5)}
	var in struct{ k int }
	for in.k, m[2] = range m {
		delete(m, 1)
		break
	}
	fmt.Println(in, len(m))
}

func results() (x B, y B) {
	x, y = b(1), b(2)
	defer func() { x.b = y.a }()
	return y, x
}

func interfaces() {
	x := b(1)
	var e any = x
	fmt.Println(two(e.(B), set(&x, 3)), two(x, set(&x, 4)))
	var i I = x
	x.a = 9
	fmt.Println(i.m(), i.(B).a, e == any(b(1)), i == I(b(4)))
	f := x.m
	x.a = 10
	fmt.Println(f())
	defer func(x B, n int) { fmt.Println(x.a, n) }(x, set(&x, 11))
	func(list ...B) { fmt.Println(list, set(&x, 12)) }(x, b(x.a), x)
	c := make(chan B, 2)
	c <- x
	x.a = 13
	fmt.Println((<-c).a, [...]B{x, b(set(&x, 14))}, [1]B{x}[0] == x)
}

func switches() {
	x := b(1)
	switch x {
	case b(set(&x, 2)), b(7):
		fmt.Println("new")
	case b(1):
		fmt.Println("old")
	}
	s := []B{b(1), b(2)}
	fmt.Println(s[0] == b(overwrite(s, 2)), s[0] == s[1])
}

func main() {
	appends()
	assignments()
	lookups()
	ranges()
	x, y := results()
	fmt.Println(x, y)
	interfaces()
	switches()
}
