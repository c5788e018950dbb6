// KeepAlive keeps an object that nothing else refers to, up to its call.
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

type big [1 << 16]byte

// hold collects while only KeepAlive wants x, and says whether it was finalized before.
//
//go:noinline
func hold(x *big, gone *atomic.Bool) bool {
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	early := gone.Load()
	runtime.KeepAlive(x)
	return early
}

//go:noinline
func made(gone *atomic.Bool) *big {
	x := new(big)
	runtime.SetFinalizer(x, func(*big) { gone.Store(true) })
	return x
}

func inuse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

//go:noinline
func large(x *[10 << 20]byte, before uint64) bool {
	after := inuse()
	runtime.KeepAlive(x)
	return after >= before+9<<20
}

func main() {
	early := 0
	for range 20 {
		gone := new(atomic.Bool)
		if hold(made(gone), gone) {
			early++
		}
	}
	fmt.Println("too early:", early)
	before := inuse()
	fmt.Println("held:", large(new([10 << 20]byte), before))
}
