package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~float32 | ~float64
}

func Map[T, U any](s []T, f func(T) U) []U {
	r := make([]U, 0, len(s))
	for _, v := range s {
		r = append(r, f(v))
	}
	return r
}

func Filter[S ~[]E, E any](s S, f func(E) bool) S {
	var r S
	for _, v := range s {
		if f(v) {
			r = append(r, v)
		}
	}
	return r
}

func Reduce[T, A any](s []T, a A, f func(A, T) A) A {
	for _, v := range s {
		a = f(a, v)
	}
	return a
}

func Sum[T Number](xs ...T) (t T) {
	for _, x := range xs {
		t += x
	}
	return
}

func Max[T cmp.Ordered](a T, rest ...T) T {
	for _, x := range rest {
		if x > a {
			a = x
		}
	}
	return a
}

func Keys[M ~map[K]V, K comparable, V any](m M) int { return len(m) }

func Ptr[T any](t T) *T { return &t }

func Zero[T any]() T { var z T; return z }

type Int int
type Ints []Int

func Conv[To, From Number](f From) To { return To(f) }

func Must[T any](t T, err error) T {
	if err != nil {
		panic(err)
	}
	return t
}

func Len[T ~string | ~[]byte](x T) int { return len(x) }

func Rec[T any](n int, t T) string {
	if n == 0 {
		return fmt.Sprintf("%T", t)
	}
	return Rec(n-1, t)
}

func main() {
	fmt.Println(Map([]int{1, 2, 3}, func(i int) string { return strings.Repeat("x", i) }))
	fmt.Printf("%T %v\n", Filter(Ints{1, 2, 3, 4}, func(i Int) bool { return i%2 == 0 }), Filter(Ints{1, 2}, func(Int) bool { return true }))
	fmt.Println(Reduce([]int{1, 2, 3}, "", func(a string, i int) string { return a + fmt.Sprint(i) }))
	fmt.Println(Sum(1, 2, 3), Sum(1.5, 2), Sum[int8](100, 100), Sum[Int]())
	fmt.Println(Max("a", "c", "b"), Max(1), Max(2.5, 3))
	fmt.Println(Keys(map[string]int{"a": 1}), *Ptr(5), *Ptr("s"), Zero[int](), Zero[*int]() == nil, Zero[[2]string]())
	fmt.Println(Conv[int](3.9), Conv[int8](300), Conv[float32](Int(2)))
	fmt.Println(Len("abc"), Len([]byte{1}), Rec(3, 'x'), Rec(1, map[string][]int{}))
	f := Map[string, int]
	fmt.Println(f([]string{"a", "bb"}, func(s string) int { return len(s) }))
	defer func() { fmt.Println(recover()) }()
	fmt.Println(Must(1, nil))
	Must("x", errors.New("must"))
}
