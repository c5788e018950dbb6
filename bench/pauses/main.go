// The pauses of collections of 1 GiB of nodes full of pointers, beside two goroutines that allocate all the time.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
)

type node struct {
	left, right *node
	a, b        uint64
}

var keep []*node
var sink [2]*node

func main() {
	var last *node
	for i := range 1 << 25 {
		last = &node{left: last, a: uint64(i)}
		if i%8192 == 0 {
			keep = append(keep, last)
		}
		if i%7 == 0 {
			last.right = keep[i%len(keep)]
		}
	}
	keep = append(keep, last)
	var old debug.GCStats
	debug.ReadGCStats(&old)
	var stop atomic.Bool
	for w := range 2 {
		go func() {
			for n := uint64(0); !stop.Load(); n++ {
				sink[w] = &node{left: keep[n%uint64(len(keep))], a: n}
			}
		}()
	}
	for range 12 {
		runtime.GC()
	}
	stop.Store(true)
	var s debug.GCStats
	debug.ReadGCStats(&s)
	n := int(min(s.NumGC-old.NumGC, 256))
	p := slices.Clone(s.Pause[:n])
	slices.Sort(p)
	fmt.Println(n, "pauses, median", p[n/2], "longest", p[n-1])
}
