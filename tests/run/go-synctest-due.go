// In a bubble, a timer that is due when it starts fires although goroutines run; timers of one time come in any order.
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func due(t *testing.T) {
	var n atomic.Int32
	for range 3 {
		time.AfterFunc(0, func() { n.Add(1) })
	}
	for n.Load() < 3 {
		runtime.Gosched()
	}
	fmt.Println("fired", n.Load())
	timer := time.NewTimer(time.Hour)
	got := 0
	done := make(chan bool)
	go func() {
		for {
			select {
			case <-timer.C:
				got++
			case <-done:
				return
			}
		}
	}()
	synctest.Wait()
	timer.Reset(0)
	synctest.Wait()
	fmt.Println("received", got)
	close(done)
}

func anyOrder(t *testing.T) {
	var seen [2]bool
	for range 1000 {
		a, b := time.NewTimer(1), time.NewTimer(1)
		select {
		case <-a.C:
			seen[0] = true
		case <-b.C:
			seen[1] = true
		}
		synctest.Wait()
	}
	fmt.Println("seen", seen)
}

func main() {
	tests := []testing.InternalTest{
		{Name: "due", F: func(t *testing.T) { synctest.Test(t, due) }},
		{Name: "anyOrder", F: func(t *testing.T) { synctest.Test(t, anyOrder) }},
	}
	testing.Main(func(string, string) (bool, error) { return true, nil }, tests, nil, nil)
}
