// Methods with type parameters of their own, new in Go 1.27.
package main

import "fmt"

type L struct{ items []any }

func (l *L) Add[T any](t T) *L { l.items = append(l.items, t); return l }
func (l L) Get[T any](i int) (T, bool) {
	t, ok := l.items[i].(T)
	return t, ok
}

type Box[T any] struct{ v T }

func (b Box[T]) Map[U any](f func(T) U) Box[U]      { return Box[U]{f(b.v)} }
func (b Box[T]) With[U, V any](u U, v V) string     { return fmt.Sprintf("%T %T %T", b.v, u, v) }
func (b *Box[T]) Fold[A any](a A, f func(A, T) A) A { return f(a, b.v) }

type Emb struct {
	*L
	Box[int]
}

func main() {
	l := (&L{}).Add(1).Add("two").Add(3.0)
	i, ok := l.Get[int](0)
	fmt.Println(i, ok)
	s, ok := l.Get[string](1)
	fmt.Println(s, ok)
	_, ok = l.Get[string](2)
	fmt.Println(ok)
	b := Box[int]{20}
	fmt.Println(b.Map(func(n int) string { return fmt.Sprint(n, "!") }).v, b.With("u", []byte(nil)))
	fmt.Println(b.Fold("acc", func(a string, n int) string { return fmt.Sprint(a, n) }))
	f := b.Map[float64]
	b.v = 99
	fmt.Println(f(func(n int) float64 { return float64(n) / 8 }).v)
	g := Box[int].Map[bool]
	fmt.Println(g(b, func(n int) bool { return n > 50 }).v)
	h := (*L).Add[rune]
	h(l, 'x')
	fmt.Println(len(l.items))
	e := Emb{l, b}
	x, ok := e.Get[rune](3)
	fmt.Println(x, ok, e.With(1, 'c'))
}
