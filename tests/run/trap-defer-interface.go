package main

import "fmt"

type I interface{ M() }
type T struct{ n int }
type U string

func (t T) M() { fmt.Println("T.M", t.n) }
func (u U) M() { fmt.Println("U.M", u) }

type Closer interface{ Close() error }
type c1 struct{}
type c2 struct{}

func (c1) Close() error { fmt.Println("c1"); return nil }
func (c2) Close() error { fmt.Println("c2"); return nil }

func both(a, b Closer) {
	defer a.Close()
	defer b.Close()
}

func cond(i I, early bool) {
	if early {
		return
	}
	defer i.M()
	fmt.Println("body")
}

func late() (r int) {
	defer func() { recover() }()
	var i I = (*T)(nil)
	defer i.M()
	r = 1
	return
}

func args() {
	defer func() { recover() }()
	type J interface{ X(a, b, c int) }
	var j interface {
		X(a int, b string, c []int)
	} = x{}
	defer j.X(1, "b", []int{3})
	_ = J(nil)
	panic("p")
}

type x struct{}

func (x) X(a int, b string, c []int) { fmt.Println(a, b, c) }

func main() {
	both(c1{}, c2{})
	cond(T{1}, true)
	cond(U("u"), false)
	for i, v := range []I{T{1}, U("a"), T{2}} {
		_ = i
		defer v.M()
	}
	fmt.Println(late())
	args()
}
