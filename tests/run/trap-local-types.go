package main

import "fmt"

func F[T any]() (mk func(T) any, is func(any) bool) {
	type box struct{ v T }
	return func(v T) any { return box{v} }, func(x any) bool { _, ok := x.(box); return ok }
}

func run[T any](name string) string { var t T; return fmt.Sprintf("%s %T %v", name, t, t) }

func one() string {
	type T struct{ a int }
	return run[T]("one")
}

func two() string {
	type T struct{ b string }
	return run[T]("two")
}

type G[T any] struct{ v T }

func main() {
	mi, ii := F[int]()
	ms, is := F[string]()
	fmt.Println(ii(mi(1)), is(ms("a")), ii(ms("a")), is(mi(1)))
	fmt.Println(one())
	fmt.Println(two())
	type local struct{ x int }
	{
		type local struct{ y int }
		fmt.Printf("%T\n", G[local]{})
	}
	fmt.Printf("%T %T\n", local{}, G[local]{})
}
