// Block and mutex profiles: who waited, and who made others wait.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

const pause = 5 * time.Millisecond

//go:noinline
func receive() {
	c := make(chan int)
	go func() { time.Sleep(pause); c <- 1 }()
	<-c
}

//go:noinline
func send() {
	c := make(chan int)
	go func() { time.Sleep(pause); <-c }()
	c <- 1
}

//go:noinline
func choose() {
	a, b := make(chan int), make(chan int)
	go func() { time.Sleep(pause); close(b) }()
	select {
	case <-a:
	case <-b:
	}
}

//go:noinline
func lock() {
	var mu sync.Mutex
	mu.Lock()
	go func() { time.Sleep(pause); mu.Unlock() }()
	mu.Lock()
}

//go:noinline
func readLock() {
	var mu sync.RWMutex
	mu.Lock()
	go func() { time.Sleep(pause); mu.Unlock() }()
	mu.RLock()
}

//go:noinline
func group() {
	var wg sync.WaitGroup
	wg.Go(func() { time.Sleep(pause) })
	wg.Wait()
}

//go:noinline
func condition() {
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	mu.Lock()
	go func() { time.Sleep(pause); mu.Lock(); mu.Unlock(); c.Signal() }()
	c.Wait()
}

//go:noinline
func asleep() { time.Sleep(pause) } // is no blocking

// leaf finds the stack with a function in it, and gives the innermost frame, how often and whether it waited.
func leaf(p []runtime.BlockProfileRecord, name string) string {
	for _, r := range p {
		frames := runtime.CallersFrames(r.Stack())
		first, more := frames.Next()
		for f := first; ; f, more = frames.Next() {
			if f.Function == name {
				return fmt.Sprint(first.Function, " ", r.Count, " ", r.Cycles > 1000)
			}
			if !more {
				break
			}
		}
	}
	return "none"
}

func read(get func([]runtime.BlockProfileRecord) (int, bool)) []runtime.BlockProfileRecord {
	n, _ := get(nil)
	p := make([]runtime.BlockProfileRecord, n+20)
	n, _ = get(p)
	return p[:n]
}

func main() {
	receive()
	n, ok := runtime.BlockProfile(nil)
	fmt.Println("off", n, ok)
	runtime.SetBlockProfileRate(1)
	fmt.Println("fraction", runtime.SetMutexProfileFraction(1), runtime.SetMutexProfileFraction(-1))
	for _, f := range []func(){receive, send, choose, lock, readLock, group, condition, asleep} {
		f()
	}
	time.Sleep(pause)
	runtime.SetBlockProfileRate(0)
	fmt.Println("fraction", runtime.SetMutexProfileFraction(0))
	block, mutex := read(runtime.BlockProfile), read(runtime.MutexProfile)
	for _, name := range []string{"receive", "send", "choose", "lock", "readLock", "group", "condition", "asleep"} {
		fmt.Println(name, "blocked in", leaf(block, "main."+name))
	}
	for _, name := range []string{"lock.func1", "readLock.func1", "receive.func1"} {
		fmt.Println(name, "held up others in", leaf(mutex, "main."+name))
	}
	for _, name := range []string{"block", "mutex"} {
		var buf bytes.Buffer
		pprof.Lookup(name).WriteTo(&buf, 1)
		head, _, _ := strings.Cut(buf.String(), "\n")
		fmt.Println(head, strings.Contains(buf.String(), "cycles/second="), strings.Contains(buf.String(), "sync.(*Mutex)"))
		buf.Reset()
		fmt.Println(pprof.Lookup(name).WriteTo(&buf, 0), buf.Len() > 50)
	}
}
