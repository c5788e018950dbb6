// The last signal of real time is one like the others: it is caught, does nothing when nobody asks, and is ignored if that is wanted.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	last := syscall.Signal(64)
	self := func() { syscall.Kill(os.Getpid(), last) }
	self()
	time.Sleep(10 * time.Millisecond)
	fmt.Println("nobody asks")
	c := make(chan os.Signal, 2)
	signal.Notify(c, last, syscall.SIGHUP)
	self()
	fmt.Println(<-c)
	syscall.Kill(os.Getpid(), syscall.SIGHUP)
	fmt.Println(<-c)
	signal.Reset(last)
	self()
	signal.Ignore(last)
	fmt.Println(signal.Ignored(last))
	self()
	time.Sleep(10 * time.Millisecond)
	fmt.Println(len(c))

	// More Ps than processors, of any number.
	runtime.GOMAXPROCS(1000)
	fmt.Println(runtime.GOMAXPROCS(0))
	done := make(chan int)
	for i := range 2000 {
		go func() { done <- i }()
	}
	sum := 0
	for range 2000 {
		sum += <-done
	}
	runtime.GC()
	fmt.Println(sum, runtime.GOMAXPROCS(2))
}
