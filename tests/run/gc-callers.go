// What a caller of a function that collects doesn't need any more is collected: words of frames further out, copies of
// variables, results of receives.
package main

import (
	"fmt"
	"runtime"
	"time"
)

type object struct {
	next *object
	data [6]int
}

var gone = make(chan int, 10)

//go:noinline
func fresh(n int) *object {
	o := &object{data: [6]int{n}}
	runtime.SetFinalizer(o, func(o *object) { gone <- o.data[0] })
	return o
}

// collected gives the number of an object that a collection finds to be garbage, or 0.
//
//go:noinline
func collected() int {
	for range 10 {
		runtime.GC()
		select {
		case n := <-gone:
			return n
		case <-time.After(time.Millisecond):
		}
	}
	return 0
}

//go:noinline
func twice() (int, int) { return collected(), collected() }

func variable() {
	o := fresh(1)
	a := collected()
	n := o.data[0]
	fmt.Println("variable:", a, n, collected())
}

func received() {
	c := make(chan object, 1)
	c <- object{next: fresh(2)}
	o := <-c
	a := collected()
	n := o.next.data[0]
	b := collected()
	fmt.Println("received:", a, n, b)
}

func taken() {
	var o object
	fill(&o)
	a := collected()
	n := o.next.data[0]
	b, c := twice()
	fmt.Println("taken:", a, n, b, c)
}

//go:noinline
func fill(o *object) { o.next = fresh(3) }

func deferred() {
	o := fresh(4)
	defer func() {
		recover()
		fmt.Println("deferred:", collected())
	}()
	a := collected()
	fmt.Println("before the panic:", a, o.data[0])
	panic("p")
}

func kept() {
	var o object
	fill(&o)
	p := &o
	a := collected()
	fmt.Println("kept:", a, p.next.data[0])
	runtime.KeepAlive(p)
}

func main() {
	variable()
	received()
	taken()
	deferred()
	kept()
}
