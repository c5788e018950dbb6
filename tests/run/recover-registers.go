// What a caller keeps over a call is as it was when the callee returns by recovery, whatever came between:
// deep stacks, faults, reflection, panics in deferred calls, Goexit, iterators.
package main

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"sort"
)

var sink [4]int

//go:noinline
func use(a, b, c, d int) int { sink = [4]int{a, b, c, d}; return a ^ b ^ c ^ d }

// busy keeps seven values over its calls.
//
//go:noinline
func busy(depth int, end func()) int {
	a, b, c, d := depth*3+1, depth*5+2, depth*7+3, depth*11+4
	e, f, g := a^b, b^c, c^d
	if depth == 0 {
		end()
	} else {
		use(busy(depth-1, end), a, b, c)
	}
	use(a, b, c, d)
	return a + b + c + d + e + f + g
}

//go:noinline
func guarded(depth int, end func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			err = fmt.Errorf("recovered %v", r)
		}
	}()
	busy(depth, end)
	return nil
}

// kept has values of its own over the call that recovers.
//
//go:noinline
func kept(name string, depth int, end func()) {
	a, b, c, d, e, f := use(1, 2, 3, 9), use(2, 3, 4, 9), use(3, 4, 5, 9), use(4, 5, 6, 9), use(5, 6, 7, 9), use(6, 7, 8, 9)
	sum := 0
	for i := range 3 {
		err := guarded(depth+i, end)
		sum += a*1 + b*10 + c*100 + d*1000 + e*10000 + f*100000
		if i == 2 {
			fmt.Println(name, sum, a, b, c, d, e, f, err)
		}
	}
}

type record struct{ next *record }

func (r *record) walk(n int) int {
	x, y, z := n+1, n+2, n+3
	if n == 0 {
		return *(*int)(nil)
	}
	return r.walk(n-1) + x*y*z
}

func main() {
	kept("panic", 3, func() { panic("plain") })
	kept("deep", 20000, func() { panic(errors.New("deep")) })
	kept("fault", 2, func() { (&record{}).walk(5) })
	kept("index", 1, func() { var s []int; use(s[len(sink)], 1, 2, 3) })
	kept("divide", 1, func() { z := sink[0] - sink[0]; use(1/z, 1, 2, 3) })
	kept("reflect", 2, func() {
		reflect.ValueOf(busy).Call([]reflect.Value{reflect.ValueOf(2), reflect.ValueOf(func() { panic("in reflect") })})
	})
	kept("makefunc", 2, func() {
		f := reflect.MakeFunc(reflect.TypeOf(use), func(args []reflect.Value) []reflect.Value {
			busy(2, func() { panic("in a made function") })
			return args[:1]
		}).Interface().(func(a, b, c, d int) int)
		f(1, 2, 3, 4)
	})
	kept("sort", 1, func() {
		s := []int{3, 1, 2}
		sort.Slice(s, func(i, j int) bool { return busy(1, func() { panic("in less") }) > 0 })
	})
	kept("replaced", 2, func() {
		defer func() { busy(3, func() { panic("second") }) }()
		panic("first")
	})
	kept("inner", 2, func() {
		defer func() {
			guarded(2, func() { panic("recovered within") })
			recover()
			panic("outer")
		}()
		busy(4, func() { panic("lost") })
	})
	var seq iter.Seq[int] = func(yield func(int) bool) {
		busy(2, func() { yield(7) })
	}
	kept("range", 1, func() {
		for x := range seq {
			busy(1, func() { panic(x) })
		}
	})
	kept("pull", 1, func() {
		next, stop := iter.Pull(func(yield func(int) bool) { busy(2, func() { panic("in a coroutine") }) })
		defer stop()
		next()
	})
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { kept("goexit", 2, func() { panic("while exiting") }) }()
		kept("goroutine", 300, func() { panic("elsewhere") })
	}()
	<-done
	kept("none", 5, func() {})
}
