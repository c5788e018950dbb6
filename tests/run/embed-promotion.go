package main

import "fmt"

type A struct{ x, y int }
type B struct {
	A
	y string
}
type C struct {
	*B
	z int
}
type D struct {
	C
	fmt.Stringer
}

func (a A) Get() int      { return a.x }
func (a *A) Set(n int)    { a.x = n }
func (b B) Hello() string { return "B " + b.y }

type S string

func (s S) String() string { return "S(" + string(s) + ")" }

type L1 struct{ L2 }
type L2 struct{ L3 }
type L3 struct{ deep int }

func (l *L3) Inc() *L3 { l.deep++; return l }

func main() {
	d := D{C{&B{A{1, 2}, "why"}, 3}, S("str")}
	fmt.Println(d.x, d.y, d.A.y, d.z, d.Get(), d.Hello(), d.String(), d)
	d.Set(50)
	d.x++
	fmt.Println(d.B.A.x, d.Get())
	f := d.Set
	g := d.Get
	d.B = &B{}
	f(7)
	fmt.Println(d.Get(), g())
	var l L1
	l.Inc().Inc()
	fmt.Println(l.deep, L1{L2{L3{5}}}.deep)
	var i interface {
		Get() int
		Set(int)
	} = d
	i.Set(99)
	fmt.Println(i.Get(), d.x)
	h := D.Get
	k := (*L1).Inc
	fmt.Println(h(d), k(&l).deep)
	o := B{x: 5, y: "promoted field in a literal"}
	fmt.Println(o)
	type E struct {
		A
		B2
	}
	e := E{}
	e.A.x = 1
	fmt.Println(e)
}

type B2 struct{ x int }
