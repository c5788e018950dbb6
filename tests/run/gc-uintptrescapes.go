// Integers made from pointers keep what these point to alive until a call returns that asks for it: variadic ones, too, and
// calls by go and defer from the moment of the statement on.
package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

func at(p uintptr) string { return *(*string)(unsafe.Pointer(p)) }

//go:noinline
//go:uintptrescapes
func show(what string, p uintptr, rest ...uintptr) {
	runtime.GC()
	runtime.GC()
	fmt.Print(what, " ", at(p))
	for _, r := range rest {
		fmt.Print(" ", at(r))
	}
	fmt.Println()
}

//go:noinline
func clean(n int) (sum int) {
	var a [64]int
	for i := range a {
		a[i] = i * n
	}
	for _, v := range a {
		sum += v
	}
	if n > 0 {
		sum += clean(n - 1)
	}
	return
}

func main() {
	show("call", uintptr(unsafe.Pointer(ptr("a"))), uintptr(unsafe.Pointer(ptr("b"))), uintptr(unsafe.Pointer(ptr("c"))))
	done := make(chan bool)
	go func() {
		defer close(done)
		defer show("defer", uintptr(unsafe.Pointer(ptr("d"))), uintptr(unsafe.Pointer(ptr("e"))))
		clean(3)
		runtime.GC()
		runtime.GC()
	}()
	<-done
	gate := make(chan bool)
	go wait(gate, uintptr(unsafe.Pointer(ptr("f"))), uintptr(unsafe.Pointer(ptr("g"))))
	clean(3)
	runtime.GC()
	runtime.GC()
	gate <- true
	<-gate
}

//go:noinline
func ptr(name string) *string {
	s := name
	runtime.SetFinalizer(&s, func(p *string) { *p = "freed" })
	return &s
}

//go:noinline
//go:uintptrescapes
func wait(gate chan bool, p uintptr, rest ...uintptr) {
	<-gate
	show("go", p, rest...)
	gate <- true
}
