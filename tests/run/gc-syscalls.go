// Goroutines that hold objects by their stacks only, while they are in system calls and the heap is collected.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type node struct {
	next *node
	n    int
	pad  [6]int
}

//go:noinline
func list(n int) *node {
	var l *node
	for i := range n {
		l = &node{next: l, n: i}
	}
	return l
}

func main() {
	runtime.GOMAXPROCS(8)
	var stop atomic.Bool
	var wg sync.WaitGroup
	var rounds atomic.Int64
	for g := range 64 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := 0; !stop.Load(); k++ {
				l := list(20)
				ts := syscall.Timespec{Nsec: int64(1000 * (1 + (g+k)%50))}
				syscall.Nanosleep(&ts, nil)
				want := 19
				for ; l != nil; l = l.next {
					if l.n != want {
						panic(fmt.Sprint("lost: ", l.n, " for ", want))
					}
					want--
				}
				if want != -1 {
					panic("too short")
				}
				rounds.Add(1)
			}
		}()
	}
	end := time.Now().Add(1500 * time.Millisecond)
	n := 0
	for time.Now().Before(end) {
		list(1000)
		runtime.GC()
		n++
	}
	stop.Store(true)
	wg.Wait()
	fmt.Println("ok", n > 0, rounds.Load() > 0)
}
