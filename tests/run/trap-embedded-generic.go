package main

import "fmt"

type B[T any] struct{}

func (B[T]) Bat() { fmt.Printf("%T\n", new(T)) }

type A[T any] struct{ B[int] }

type Foo struct{ A[string] }

func main() {
	A[string]{}.Bat()
	Foo{}.Bat()
	var i interface{ Bat() } = Foo{}
	i.Bat()
	f := Foo.Bat
	f(Foo{})
}
