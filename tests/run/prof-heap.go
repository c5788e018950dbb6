// The heap profile: exact with MemProfileRate 1, set while the program runs; who allocated what, and what of it lives.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
)

type node struct {
	next *node
	pad  [56]byte
}

var (
	list *node
	sink any
)

//go:noinline
func keep(n int) {
	for range n {
		list = &node{next: list}
	}
}

//go:noinline
func waste(n int) {
	for range n {
		sink = new([1000]byte)
	}
	sink = nil
}

//go:noinline
func large() { sink = make([]byte, 3<<20) }

// by adds up the records of a function's stacks.
func by(name string) (r runtime.MemProfileRecord) {
	n, _ := runtime.MemProfile(nil, true)
	p := make([]runtime.MemProfileRecord, n+100)
	n, ok := runtime.MemProfile(p, true)
	if !ok {
		panic("too small")
	}
	for _, rec := range p[:n] {
		frames := runtime.CallersFrames(rec.Stack())
		for {
			f, more := frames.Next()
			if f.Function == name {
				r.AllocBytes += rec.AllocBytes
				r.AllocObjects += rec.AllocObjects
				r.FreeBytes += rec.FreeBytes
				r.FreeObjects += rec.FreeObjects
				break
			}
			if !more {
				break
			}
		}
	}
	return r
}

func show(name string) {
	r := by(name)
	fmt.Println(name, r.AllocObjects, r.AllocBytes, "freed", r.FreeObjects, r.FreeBytes, "in use", r.InUseObjects(), r.InUseBytes())
}

func main() {
	fmt.Println(runtime.MemProfileRate)
	keep(10) // hardly sampled
	runtime.MemProfileRate = 1
	waste(100) // lets every cache notice
	keep(100)
	large()
	sink = nil
	runtime.GC()
	show("main.keep")
	show("main.large")
	keep(50)
	runtime.GC()
	show("main.keep")
	list = nil
	runtime.GC()
	runtime.GC()
	r := by("main.keep")
	fmt.Println("dropped", r.InUseObjects() <= 1, r.AllocObjects)
	runtime.MemProfileRate = 0
	keep(1000)
	runtime.GC()
	fmt.Println("off", by("main.keep").AllocObjects <= 151)

	var buf bytes.Buffer
	pprof.Lookup("heap").WriteTo(&buf, 1)
	text := buf.String()
	fmt.Println(strings.HasPrefix(text, "heap profile: "), strings.Contains(text, "# runtime.MemStats"), strings.Contains(text, "main.keep+0x"))
	buf.Reset()
	fmt.Println(pprof.Lookup("allocs").WriteTo(&buf, 0), buf.Len() > 100, bytes.HasPrefix(buf.Bytes(), []byte{0x1f, 0x8b}))
	if _, ok := runtime.MemProfile(nil, true); ok {
		fmt.Println("no room, and yet ok")
	}
}
