// Cleanups that could never run are refused.
package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

type node struct {
	next *node
	data [4]int
}

func try(what string, f func()) {
	defer func() {
		v := recover()
		_, plain := v.(string)
		fmt.Println(what, v, plain)
	}()
	f()
}

var static node

func main() {
	try("nil", func() { runtime.AddCleanup((*node)(nil), func(int) {}, 0) })
	p := new(node)
	try("equal", func() { runtime.AddCleanup(p, func(*node) {}, p) })
	try("equal", func() { runtime.AddCleanup(p, func(unsafe.Pointer) {}, unsafe.Pointer(p)) })
	try("within", func() { runtime.AddCleanup(p, func(*int) {}, &p.data[1]) })
	try("closure", func() { runtime.AddCleanup(p, func(int) { p.data[0]++ }, 0) })
	try("static", func() { runtime.AddCleanup(&static, func(int) {}, 0) })
	try("other", func() { runtime.AddCleanup(p, func(*node) {}, new(node)) })
	// Small objects without pointers may share a block.
	try("small", func() {
		for range 10 {
			a, b := new(int32), new(int32)
			runtime.AddCleanup(a, func(*int32) {}, b)
		}
	})
}
