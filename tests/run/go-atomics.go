package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type config struct{ n int }

func main() {
	var i32 atomic.Int32
	var u64 atomic.Uint64
	var b atomic.Bool
	var p atomic.Pointer[config]
	var v atomic.Value
	fmt.Println(i32.Add(5), i32.CompareAndSwap(5, 7), i32.Load(), i32.Swap(9), i32.And(8), i32.Or(3), i32.Load())
	fmt.Println(u64.Add(^uint64(0)), b.Swap(true), b.Load(), p.Load() == nil)
	p.Store(&config{1})
	v.Store([]int{1})
	fmt.Println(p.Load().n, v.Load())
	func() {
		defer func() { fmt.Println(recover()) }()
		v.Store("other type")
	}()
	var n int64
	var wg sync.WaitGroup
	var locked int
	var spin atomic.Bool
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				atomic.AddInt64(&n, 1)
				for !spin.CompareAndSwap(false, true) {
				}
				locked++
				spin.Store(false)
			}
		})
	}
	wg.Wait()
	fmt.Println(n, locked)
	old := p.Swap(&config{2})
	fmt.Println(old.n, p.CompareAndSwap(old, nil), p.Load().n)
}
