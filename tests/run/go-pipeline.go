package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

type stage[A, B any] func(context.Context, A) (B, error)

func run[A, B any](ctx context.Context, in <-chan A, n int, f stage[A, B]) (<-chan B, <-chan error) {
	out, errs := make(chan B), make(chan error, n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for a := range in {
				b, err := f(ctx, a)
				if err != nil {
					errs <- err
					return
				}
				select {
				case out <- b:
				case <-ctx.Done():
					errs <- ctx.Err()
					return
				}
			}
		})
	}
	go func() { wg.Wait(); close(out); close(errs) }()
	return out, errs
}

func source(ctx context.Context, n int) <-chan int {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := range n {
			select {
			case c <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	return c
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	sq, e1 := run(ctx, source(ctx, 100), 4, func(_ context.Context, i int) (int, error) { return i * i, nil })
	str, e2 := run(ctx, sq, 3, func(_ context.Context, i int) (string, error) { return fmt.Sprint(i), nil })
	total := 0
	for s := range str {
		total += len(s)
	}
	fmt.Println(total, <-e1, <-e2)
	bad := errors.New("bad 13")
	out, errs := run(ctx, source(ctx, 1000), 1, func(_ context.Context, i int) (int, error) {
		if i == 13 {
			return 0, bad
		}
		return i, nil
	})
	n := 0
	for range out {
		n++
	}
	fmt.Println(n, <-errs == bad)
	cancel()
	sem := make(chan struct{}, 3)
	var mu sync.Mutex
	var wg sync.WaitGroup
	running, most := 0, 0
	for range 20 {
		wg.Go(func() {
			sem <- struct{}{}
			defer func() { <-sem }()
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			running--
			mu.Unlock()
		})
	}
	wg.Wait()
	fmt.Println(most <= 3, running)
}
