package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

type key struct{}

func worker(ctx context.Context, n int, out chan<- string) {
	select {
	case <-ctx.Done():
		out <- fmt.Sprint(n, " ", context.Cause(ctx))
	case <-time.After(time.Minute):
		out <- "late"
	}
}

func main() {
	ctx := context.WithValue(context.Background(), key{}, "value")
	c1, cancel := context.WithCancelCause(ctx)
	out := make(chan string)
	go worker(c1, 1, out)
	cancel(errors.New("my cause"))
	fmt.Println(<-out, c1.Err(), c1.Value(key{}))
	c2, stop := context.WithTimeout(ctx, 3*time.Millisecond)
	defer stop()
	go worker(c2, 2, out)
	fmt.Println(<-out, c2.Err())
	_, has := c2.Deadline()
	fmt.Println(has, ctx.Err(), context.TODO())
	var wg sync.WaitGroup
	c3, stop3 := context.WithCancel(ctx)
	done := make(chan int, 1)
	context.AfterFunc(c3, func() { done <- 1 })
	for range 100 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			child, stop := context.WithCancel(c3)
			defer stop()
			<-child.Done()
		}()
	}
	stop3()
	wg.Wait()
	fmt.Println(<-done, context.WithoutCancel(c3).Err(), c3)
}
