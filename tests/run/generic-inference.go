package main

import (
	"fmt"
	"strings"
)

func Apply[T, U any](x T, fs ...func(T) U) (r []U) {
	for _, f := range fs {
		r = append(r, f(x))
	}
	return
}

func Compose[A, B, C any](f func(A) B, g func(B) C) func(A) C { return func(a A) C { return g(f(a)) } }
func Curry[A, B, C any](f func(A, B) C) func(A) func(B) C {
	return func(a A) func(B) C { return func(b B) C { return f(a, b) } }
}

func id[T any](t T) T                   { return t }
func double[T ~int | ~string](t T) T    { return t + t }
func From[S ~[]E, E any](s S, i int) *E { return &s[i] }
func Merge[M1 ~map[K]V, M2 ~map[K]V, K comparable, V any](a M1, b M2) M1 {
	out := M1{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		out[k] = v
	}
	return out
}

type Num interface{ ~int | ~float64 }

func Scale[S ~[]E, E Num](s S, k E) S {
	r := make(S, len(s))
	for i, v := range s {
		r[i] = v * k
	}
	return r
}

type Vec []float64

func (v Vec) String() string { return fmt.Sprintf("Vec%v", []float64(v)) }

type Fn[T any] func(T) T

func (f Fn[T]) Then(g Fn[T]) Fn[T] { return func(t T) T { return g(f(t)) } }

func Send[T any](c chan<- T, ts ...T) {
	for _, t := range ts {
		c <- t
	}
	close(c)
}

func Recv[T any](c <-chan T) (r []T) {
	for t := range c {
		r = append(r, t)
	}
	return
}

func New[T any, P interface {
	*T
	Init(int)
}](n int) T {
	var t T
	P(&t).Init(n)
	return t
}

type thing struct{ n int }

func (t *thing) Init(n int) { t.n = n }

func main() {
	fmt.Println(Apply(3, func(i int) string { return strings.Repeat("x", i) }, func(i int) string { return fmt.Sprint(i) }))
	fmt.Println(Compose(strings.ToUpper, func(s string) int { return len(s) })("abc"))
	fmt.Println(Curry(func(a int, b string) string { return fmt.Sprint(a, b) })(1)("z"))
	var f func(string) string = id
	var g func(int) int = double
	fmt.Println(f("f"), g(21), double("ab"), *From([]string{"a", "b"}, 1))
	type MM map[string]int
	fmt.Printf("%T %v\n", Merge(MM{"a": 1}, map[string]int{"b": 2}), Merge(MM{"a": 1}, map[string]int{"a": 2}))
	fmt.Println(Scale(Vec{1, 2}, 2.5), Scale([]int{1, 2}, 3))
	fmt.Println(Fn[int](func(i int) int { return i + 1 }).Then(double[int])(5))
	c := make(chan rune, 5)
	Send(c, 'a', 'b')
	fmt.Println(Recv(c), New[thing](7))
	fmt.Println(max(1, 2.5, 'a'), min("b", "a"))
	h := Apply[int, any]
	fmt.Println(h(1, func(i int) any { return []int{i} }))
}
