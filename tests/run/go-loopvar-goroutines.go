package main

import (
	"fmt"
	"sort"
	"sync"
)

func main() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var got []int
	add := func(n int) { mu.Lock(); got = append(got, n); mu.Unlock() }
	flush := func() { wg.Wait(); sort.Ints(got); fmt.Println(got); got = nil }
	for i := 0; i < 5; i++ {
		wg.Add(1)
		go func() { defer wg.Done(); add(i) }()
	}
	flush()
	for _, v := range []int{10, 20, 30} {
		wg.Go(func() { add(v) })
	}
	flush()
	for k, v := range map[int]int{1: 100, 2: 200} {
		wg.Go(func() { add(k + v) })
	}
	flush()
	for i := range 3 {
		wg.Add(1)
		go func(n int) { defer wg.Done(); add(n * i) }(i + 1)
	}
	flush()
	ts := []T{{1}, {2}}
	for i := range ts {
		wg.Add(1)
		go ts[i].run(&wg, add)
	}
	flush()
	f := fmt.Sprint
	done := make(chan string)
	go func(s ...any) { done <- f(s...) }("a", 1, true)
	fmt.Println(<-done)
	go println2(done)
	fmt.Println(<-done)
}

func println2(c chan string) { c <- "named function" }

type T struct{ n int }

func (t *T) run(wg *sync.WaitGroup, add func(int)) { defer wg.Done(); add(t.n * 7) }
