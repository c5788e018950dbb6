// Two goroutines that wake each other leave room for a third on the only P, and for timers.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	runtime.GOMAXPROCS(1)
	for range 20 {
		var wg sync.WaitGroup
		var stop atomic.Bool
		c := make(chan bool, 1)
		wg.Add(2)
		go func() {
			defer wg.Done()
			for !stop.Load() {
				c <- true
			}
			close(c)
		}()
		go func() {
			defer wg.Done()
			for range c {
			}
		}()
		time.AfterFunc(time.Microsecond, func() { stop.Store(true) })
		wg.Wait()
	}
	fmt.Println("done")
}
