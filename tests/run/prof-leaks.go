// The goroutineleak profile: who waits for what nobody can reach, and who doesn't.
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

//go:noinline
func receive() { c := make(chan int); go func() { <-c }() }

//go:noinline
func send() { c := make(chan int); go func() { c <- 1 }() }

//go:noinline
func choose() {
	a, b := make(chan int), make(chan string, 1)
	b <- ""
	go func() {
		select {
		case <-a:
		case b <- "x":
		}
	}()
}

//go:noinline
func lock() { mu := new(sync.Mutex); mu.Lock(); go func() { mu.Lock() }() }

//go:noinline
func readLock() { mu := new(sync.RWMutex); mu.Lock(); go func() { mu.RLock() }() }

//go:noinline
func group() { wg := new(sync.WaitGroup); wg.Add(1); go func() { wg.Wait() }() }

//go:noinline
func condition() { c := sync.NewCond(new(sync.Mutex)); go func() { c.L.Lock(); c.Wait() }() }

//go:noinline
func nothing() { go func() { select {} }() }

//go:noinline
func never() { go func() { var c chan int; c <- 1 }() }

// chain: the first leaks, so nobody wakes the others.
//
//go:noinline
func chain() {
	a, b, c := make(chan int), make(chan int), make(chan int)
	go func() { b <- <-a }()
	go func() { c <- <-b }()
	go func() { <-c }()
}

type worker struct {
	jobs chan int
	done chan bool
}

// Those below can go on.

var table = map[string]*worker{}

//go:noinline
func registered() {
	w := &worker{make(chan int), make(chan bool)}
	table["w"] = w
	go func() { <-w.jobs }()
	go func() { w.done <- true }()
}

// woken by a goroutine that sleeps.
//
//go:noinline
func later() {
	c := make(chan int)
	go func() { time.Sleep(time.Hour); c <- 1 }()
	go func() { <-c }()
}

//go:noinline
func timer() {
	t := time.NewTimer(time.Hour)
	go func() { <-t.C }()
}

//go:noinline
func afterFunc() {
	c := make(chan int)
	time.AfterFunc(time.Hour, func() { close(c) })
	go func() { <-c }()
}

func profile(debug int) string {
	var buf bytes.Buffer
	if err := pprof.Lookup("goroutineleak").WriteTo(&buf, debug); err != nil {
		return err.Error()
	}
	return buf.String()
}

func main() {
	for _, f := range []func(){registered, later, timer, afterFunc} {
		f()
	}
	time.Sleep(10 * time.Millisecond)
	first, _, _ := strings.Cut(profile(1), "\n")
	fmt.Println(first, pprof.Lookup("goroutineleak").Count())
	for _, f := range []func(){receive, send, choose, lock, readLock, group, condition, nothing, never, chain} {
		// Not on this stack, where dead words of it could hide what it leaves.
		done := make(chan bool)
		go func() { f(); close(done) }()
		<-done
	}
	time.Sleep(10 * time.Millisecond)
	var text string
	for range 50 { // a dead word of a stack may hide one for a while
		if text = profile(1); strings.HasPrefix(text, "goroutineleak profile: total 12\n") {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	first, _, _ = strings.Cut(text, "\n")
	fmt.Println(first, pprof.Lookup("goroutineleak").Count())
	for _, name := range []string{"receive", "send", "choose", "lock", "readLock", "group", "condition", "nothing", "never", "chain", "registered", "later", "timer", "afterFunc", "main"} {
		fmt.Println(name, strings.Contains(text, "main."+name+".func1+"))
	}
	two := profile(2)
	for _, state := range []string{"chan receive (leaked)", "chan send (leaked)", "select (leaked)", "select (no cases) (leaked)", "chan send (nil chan) (leaked)",
		"sync.Mutex.Lock (leaked)", "sync.RWMutex.RLock (leaked)", "sync.WaitGroup.Wait (leaked)", "sync.Cond.Wait (leaked)", "chan receive]", "sleep]"} {
		fmt.Println(state, strings.Count(two, state))
	}
	fmt.Println(strings.HasPrefix(profile(0), "\x1f\x8b"), runtime.NumGoroutine())
	table["w"].jobs <- 1
	<-table["w"].done
}
