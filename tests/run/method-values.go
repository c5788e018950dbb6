package main

import "fmt"

type T struct{ n int }

func (t T) V(a, b int) int        { return t.n + a + b }
func (t *T) P(s ...string) string { t.n++; return fmt.Sprint(t.n, s) }

type I interface{ V(a, b int) int }
type G[E any] struct{ e E }

func (g G[E]) Get() E   { return g.e }
func (g *G[E]) Set(e E) { g.e = e }

type F func(int) int

func (f F) Twice(n int) int { return f(f(n)) }

func apply(f func(int, int) int) int { return f(1, 2) }

func main() {
	t := T{10}
	f := t.V
	t.n = 20
	fmt.Println(f(1, 1), apply(t.V), apply(T{1}.V))
	p := t.P
	p("a")
	fmt.Println(p("b", "c"), t.n)
	fmt.Println(T.V(t, 1, 2), (*T).V(&t, 1, 2), (*T).P(&t, "x"), I.V(t, 0, 0))
	var i I = t
	iv := i.V
	i = T{1000}
	fmt.Println(iv(0, 0), i.V(0, 0))
	g := G[string]{"g"}
	get, set := g.Get, g.Set
	set("new")
	fmt.Println(get(), g.Get(), G[string].Get(g))
	fmt.Println(F(func(n int) int { return n * 3 }).Twice(2))
	fs := map[string]func(int, int) int{"t": t.V, "i": i.V}
	fmt.Println(fs["t"](0, 0), fs["i"](0, 0))
	var np *T
	pm := np.P
	defer func() { fmt.Println("recovered", recover()) }()
	pm()
}
