// append(s, make([]T, n)...) allocates once, and clears what it appends.
package main

import (
	"fmt"
	"runtime"
)

//go:noinline
func extend[T any](s []T, n int) []T { return append(s, make([]T, n)...) }

var kept []*int

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

//go:noinline
func trace(s string, n int) int {
	fmt.Println(s)
	return n
}

//go:noinline
func slice(s string, a []int) []int {
	fmt.Println(s)
	return a
}

func main() {
	fmt.Println(extend([]int{1, 2}, 3), extend[string](nil, 2), extend([]byte("ab"), 0))
	dirty := []int{1, 2, 3, 4, 5, 6}
	fmt.Println(extend(dirty[:2], 3), dirty)
	p := 7
	pointers := []*int{&p, &p, &p}
	fmt.Println(extend(pointers[:1], 1)[1] == nil, pointers[2] == &p)
	fmt.Println(len(extend([]struct{}{}, 5)))
	a, b := append(slice("s", dirty[:1]), (make([]int, trace("n", 1)))...), trace("later", 2)
	fmt.Println(a, b)
	fmt.Println(append([]int{1}, make([]int, trace("len", 1), trace("cap", 4))...))

	before := mallocs()
	for range 100 {
		kept = extend[*int](nil, 10)
	}
	fmt.Println((mallocs() - before + 50) / 100)

	defer func() {
		fmt.Println(recover())
		defer func() { fmt.Println(recover()) }()
		extend([]int{1}, 1<<62)
	}()
	extend([]int{1}, -p)
}
