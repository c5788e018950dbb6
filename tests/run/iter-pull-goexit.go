// An iterator that ends its goroutine ends its caller's, and counts no more when that goes on.
package main

import (
	"fmt"
	"iter"
	"runtime"
)

func numbers(yield func(int) bool) {
	defer fmt.Println("iterator left")
	for i := 0; i < 2; i++ {
		if !yield(i) {
			return
		}
	}
	if len(yieldNothing) == 0 {
		runtime.Goexit()
	}
}

var yieldNothing []int

func exits(what string, f func()) {
	done := make(chan bool)
	go func() {
		returned := false
		defer func() { done <- !returned }()
		f()
		returned = true
	}()
	fmt.Println(what, "exits:", <-done)
}

func main() {
	next, stop := iter.Pull(iter.Seq[int](numbers))
	fmt.Println(next())
	fmt.Println(next())
	exits("next", func() { next() })
	fmt.Println(next())
	stop()

	// The goroutine of exits may still be on its way out.
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	counts := true
	for range 1000 {
		before := runtime.NumGoroutine()
		next, stop := iter.Pull(func(yield func(int) bool) { yield(1) })
		next()
		counts = counts && runtime.NumGoroutine() == before+1
		stop()
		counts = counts && runtime.NumGoroutine() == before
	}
	fmt.Println("counted:", counts)
}
