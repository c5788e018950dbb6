// A CPU profile of a program that switches goroutines all the time, with threads that were made while others wait in system calls:
// the handler of ticks touches nothing of the goroutine that it interrupts.
package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"
)

func main() {
	runtime.SetCPUProfileRate(5000)
	pprof.StartCPUProfile(io.Discard)
	var fds [2]int
	syscall.Pipe(fds[:])
	for range 16 {
		go func() {
			var b [1]byte
			syscall.Read(fds[0], b[:])
		}()
	}
	time.Sleep(50 * time.Millisecond)
	for range 100 {
		a, b := make(chan int), make(chan int)
		go func() {
			for v := range a {
				b <- v + 1
			}
		}()
		go func() {
			for v := 0; ; v++ {
				a <- v
				if w := <-b; w != v+1 {
					panic(fmt.Sprint(w, " is not after ", v))
				}
			}
		}()
	}
	time.Sleep(time.Second)
	pprof.StopCPUProfile()
	fmt.Println("every answer was right")
}
