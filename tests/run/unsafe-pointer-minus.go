// A pointer to the middle of an object, and an offset that is subtracted: that the object is used is seen from its beginning.
package main

import (
	"fmt"
	"unsafe"
)

type T struct {
	a, b int
	c    [4]int
}

//go:noinline
func back(off uintptr) *T {
	t := &T{a: 42, c: [4]int{1, 2, 3, 4}}
	q := &t.c[0]
	return (*T)(unsafe.Pointer(uintptr(unsafe.Pointer(q)) - off))
}

//go:noinline
func twice(off uintptr) *T {
	t := &T{a: 43}
	return (*T)(unsafe.Pointer(-(off - uintptr(unsafe.Pointer(&t.b)))))
}

//go:noinline
func clobber(n int) (s int) {
	var a [64]int
	for i := range a {
		a[i] = n + i
	}
	for _, x := range a {
		s += x
	}
	return s
}

func main() {
	var t T
	p, q := back(unsafe.Offsetof(t.c)), twice(unsafe.Offsetof(t.b))
	clobber(1000)
	fmt.Println(p.a, p.c, q.a)
}
