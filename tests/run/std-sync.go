// sync: what each of its types promises, with goroutines that meet.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func mutexes() {
	var mu sync.Mutex
	var rw sync.RWMutex
	var wg sync.WaitGroup
	n, m := 0, 0
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := range 500 {
				mu.Lock()
				n++
				mu.Unlock()
				if k%10 == i {
					rw.Lock()
					m++
					rw.Unlock()
				} else {
					rw.RLock()
					_ = m
					rw.RUnlock()
				}
			}
		}()
	}
	wg.Wait()
	fmt.Println(n, m, mu.TryLock(), mu.TryLock(), rw.TryRLock(), rw.TryLock())
	rw.RUnlock()
	l := rw.RLocker()
	l.Lock()
	fmt.Println(rw.TryLock(), rw.TryRLock())
}

func conditions() {
	var mu sync.Mutex
	full, empty := sync.NewCond(&mu), sync.NewCond(&mu)
	var queue []int
	var wg sync.WaitGroup
	sum := 0
	for i := range 4 {
		wg.Go(func() {
			for k := range 50 {
				mu.Lock()
				for len(queue) == 3 {
					empty.Wait()
				}
				queue = append(queue, i*50+k)
				mu.Unlock()
				full.Signal()
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 100 {
				mu.Lock()
				for len(queue) == 0 {
					full.Wait()
				}
				sum += queue[0]
				queue = queue[1:]
				mu.Unlock()
				empty.Broadcast()
			}
		})
	}
	wg.Wait()
	fmt.Println("through the queue", sum)
}

func onces() {
	var once sync.Once
	var wg sync.WaitGroup
	calls := 0
	for range 10 {
		wg.Go(func() { once.Do(func() { calls++ }) })
	}
	wg.Wait()
	value := sync.OnceValue(func() int { calls++; return 42 })
	a, b := sync.OnceValues(func() (string, error) { return "x", fmt.Errorf("e%d", calls) })()
	fmt.Println(calls, value(), value(), calls, a, b)
	broken := sync.OnceFunc(func() { panic("broken") })
	for range 2 {
		func() {
			defer func() { fmt.Println("recovered", recover()) }()
			broken()
		}()
	}
	func() {
		defer func() { recover(); once.Do(func() { fmt.Println("never") }) }()
		var other sync.Once
		defer func() { other.Do(func() { fmt.Println("never") }) }()
		other.Do(func() { panic(1) })
	}()
}

func maps() {
	var m sync.Map
	for i := range 5 {
		m.Store(i, i*i)
	}
	v, ok := m.Load(3)
	_, missing := m.Load("3")
	old, loaded := m.LoadOrStore(7, "seven")
	fmt.Println(v, ok, missing, old, loaded)
	fmt.Println(m.LoadAndDelete(1))
	fmt.Println(m.Swap(2, "two"))
	fmt.Println(m.CompareAndSwap(2, "two", 22), m.CompareAndSwap(2, "two", 23), m.CompareAndDelete(3, 8), m.CompareAndDelete(3, 9))
	n := 0
	m.Range(func(k, v any) bool { n++; return n < 3 })
	fmt.Println("ranged", n)
	m.Clear()
	m.Range(func(k, v any) bool { fmt.Println("left", k); return true })
	var wg sync.WaitGroup
	var stored atomic.Int64
	for range 8 {
		wg.Go(func() {
			for k := range 200 {
				if _, there := m.LoadOrStore(k, k); !there {
					stored.Add(1)
				}
			}
		})
	}
	wg.Wait()
	fmt.Println("stored once each", stored.Load())
}

func misuse() {
	for _, f := range []func(){
		func() { var wg sync.WaitGroup; wg.Done() },
		func() { p := sync.Pool{New: func() any { return "new" }}; fmt.Println(p.Get()); p.Put("old"); p.Get() },
		func() { var p sync.Pool; fmt.Println(p.Get()) },
	} {
		func() {
			defer func() { fmt.Println("misuse:", recover()) }()
			f()
		}()
	}
}

func main() {
	mutexes()
	conditions()
	onces()
	maps()
	misuse()
}
