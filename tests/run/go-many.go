package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func deep(n int) int {
	var pad [10]int
	pad[n%10] = n
	if n == 0 {
		return 0
	}
	return deep(n-1) + pad[n%10] - n + 1
}

func main() {
	var wg sync.WaitGroup
	var n atomic.Int64
	for i := range 10000 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			n.Add(int64(i))
			if i%100 == 0 {
				runtime.Gosched()
			}
		}()
	}
	wg.Wait()
	fmt.Println(n.Load())
	var mu sync.Mutex
	m := map[int]int{}
	for i := range 100 {
		wg.Go(func() {
			for j := range 100 {
				mu.Lock()
				m[j] += i
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	fmt.Println(len(m), m[5])
	res := make(chan int)
	for i := range 8 {
		go func() { res <- fib(20 + i%2) }()
	}
	sum := 0
	for range 8 {
		sum += <-res
	}
	fmt.Println(sum)
	for i := range 4 {
		go func() { res <- deep(10000 * (i + 1)) }()
	}
	sum = 0
	for range 4 {
		sum += <-res
	}
	fmt.Println(sum)
	// A loop without calls gives way to others.
	var stop atomic.Bool
	go func() {
		time.Sleep(10 * time.Millisecond)
		stop.Store(true)
	}()
	x := 0
	for !stop.Load() {
		x++
	}
	fmt.Println(x > 0)
}
