package main

import (
	"fmt"
	"runtime"
	"strings"
)

type T struct{ n int }

func (t T) M() {}

type I interface{ M() }

//go:noinline
func zero() int { return 0 }

// Not inlined, so that the call in it goes through the interface.
//
//go:noinline
func callM(i I) { i.M() }

func main() {
	try := func(name string, f func()) {
		defer func() {
			r := recover()
			e, ok := r.(runtime.Error)
			if !ok {
				fmt.Printf("%s: not a runtime error: %v\n", name, r)
				return
			}
			fmt.Printf("%s: %s\n", name, strings.TrimPrefix(e.Error(), "runtime error: "))
		}()
		f()
	}
	var p *T
	var i I
	var fn func()
	var arr *[5]int
	var ch chan int
	try("nil deref", func() { fmt.Println(p.n) })
	try("nil store", func() { p.n = 1 })
	try("nil iface", func() { i.M() })
	try("nil func", func() { fn() })
	try("nil array", func() { arr[zero()] = 1 })
	try("value method", func() { p.M() })
	try("value method by interface", func() { callM(p) })
	try("divide", func() { fmt.Println(1 / zero()) })
	try("mod", func() { fmt.Println(1 % zero()) })
	try("close nil", func() { close(ch) })
	try("close closed", func() { c := make(chan int); close(c); close(c) })
	try("send closed", func() { c := make(chan int); close(c); c <- 1 })
	try("makeslice", func() { _ = make([]int, zero()-1) })
	try("makeslice huge", func() { n := 1 << 62; _ = make([]int, n) })
	try("makechan", func() { _ = make(chan int, zero()-1) })
	try("hash", func() { m := map[any]int{}; m[T{}] = 1; m[[]int{}] = 1 })
	try("compare", func() { var a, b any = func() {}, func() {}; fmt.Println(a == b) })
	try("assert", func() { var a any = 1; fmt.Println(a.(string)) })
	try("string", func() { fmt.Println("abc"[zero()+3]) })
	try("uint", func() { u := uint64(1<<63) + uint64(zero()); fmt.Println([]int{1}[u]) })
}
