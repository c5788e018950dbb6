// What a uintptr argument points to lives while a function runs that asks for it.
package main

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

var gone = make(chan int, 10)

func object(n int) unsafe.Pointer {
	p := &[4]int{n}
	runtime.SetFinalizer(p, func(p *[4]int) { gone <- p[0] })
	return unsafe.Pointer(p)
}

//go:noinline
//go:uintptrescapes
func reads(a int, p uintptr, q uintptr) int {
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	select {
	case n := <-gone:
		return -n
	default:
		return a
	}
}

func main() {
	for i := range 3 {
		fmt.Println(reads(i, uintptr(object(1)), uintptr(object(2))))
		// The next ones are others.
		for range 2 {
			runtime.GC()
			<-gone
		}
	}
}
