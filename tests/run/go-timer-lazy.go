// Timers of channels: nobody watches them while nobody is blocked on the channel, so they can be collected, and what
// they have due is sent when somebody looks.
package main

import (
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A value that nobody waited for bears the time at which it was due, not at which it was received.
func late() {
	begin := time.Now()
	timer := time.NewTimer(5 * time.Millisecond)
	ticker := time.NewTicker(5 * time.Millisecond)
	time.Sleep(60 * time.Millisecond)
	a, b := <-timer.C, <-ticker.C
	fmt.Println("late", a.Sub(begin) < 50*time.Millisecond, b.Sub(begin) < 50*time.Millisecond)
	select {
	case <-timer.C:
		fmt.Println("twice")
	default:
	}
	ticker.Stop()
	select {
	case <-ticker.C:
		fmt.Println("tick after Stop")
	default:
		fmt.Println("nothing more")
	}
}

// What is due and was not received counts as not fired.
func unread() {
	t := time.NewTimer(time.Millisecond)
	time.Sleep(10 * time.Millisecond)
	fmt.Println("due: Stop", t.Stop(), "again", t.Stop(), "Reset", t.Reset(time.Millisecond))
	time.Sleep(10 * time.Millisecond)
	fmt.Println("due: Reset", t.Reset(time.Hour))
	select {
	case <-t.C:
		fmt.Println("stale")
	default:
	}
	t.Reset(time.Millisecond)
	<-t.C
	fmt.Println("received: Stop", t.Stop(), "Reset", t.Reset(time.Hour))
}

// Stop and Reset by others reach a goroutine that is blocked.
func blocked() {
	t := time.NewTimer(time.Hour)
	done := make(chan bool)
	go func() { <-t.C; done <- true }()
	go func() {
		select {
		case <-t.C:
			done <- true
		case <-make(chan int):
		}
	}()
	time.Sleep(5 * time.Millisecond)
	t.Reset(time.Millisecond)
	<-done
	t.Stop()
	t.Reset(time.Millisecond)
	<-done
	fmt.Println("both woken")
	go func() {
		time.Sleep(2 * time.Millisecond)
		t.Reset(0)
	}()
	<-t.C
	fmt.Println("armed while blocked")
}

func selects() {
	a, b := time.NewTimer(time.Millisecond), time.NewTimer(time.Millisecond)
	time.Sleep(10 * time.Millisecond)
	seen := map[string]bool{}
	for range 2 {
		select {
		case <-a.C:
			seen["a"] = true
		case <-b.C:
			seen["b"] = true
		default:
			fmt.Println("nothing due")
		}
	}
	fmt.Println(len(seen), "of two")
	t := time.NewTicker(time.Millisecond)
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(t.C)},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(make(chan int))},
	}
	for range 3 {
		i, _, ok := reflect.Select(cases)
		fmt.Print(i, ok, " ")
	}
	time.Sleep(3 * time.Millisecond)
	_, ok := reflect.ValueOf(t.C).TryRecv()
	fmt.Println(ok)
	// A ticker faster than anybody can receive.
	t.Reset(1)
	for range 1000 {
		<-t.C
	}
	var c <-chan time.Time = t.C
	fmt.Println("fast", len(c), cap(c))
}

// Many receivers of one ticker, with resets in between.
func crowd() {
	t := time.NewTicker(10 * time.Microsecond)
	var wg sync.WaitGroup
	var n atomic.Int32
	for i := range 8 {
		wg.Go(func() {
			for k := range 200 {
				if i%2 == 0 {
					<-t.C
				} else {
					select {
					case <-t.C:
					case <-time.After(time.Second):
						fmt.Println("no tick")
					}
				}
				if i == 0 && k%10 == 0 {
					t.Reset(time.Duration(k+1) * time.Microsecond)
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	fmt.Println("crowd", n.Load())
}

type big struct {
	*time.Ticker
	room [1 << 16]byte
}

// Unreachable ones are collected though armed; AfterFunc's are kept.
func collected() {
	var gone atomic.Int32
	var kept atomic.Int32
	for i := range 50 {
		b := &big{Ticker: time.NewTicker(50 * time.Microsecond)}
		if i%2 == 0 {
			<-b.C
		}
		b.Reset(time.Hour)
		runtime.AddCleanup(b.Ticker, func(int) { gone.Add(1) }, i)
		time.AfterFunc(20*time.Millisecond, func() { kept.Add(1) })
	}
	for i := 0; i < 200 && (gone.Load() < 20 || kept.Load() < 50); i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	fmt.Println("collected", gone.Load() >= 20, "kept", kept.Load())
}

func main() {
	late()
	unread()
	blocked()
	selects()
	crowd()
	collected()
}
