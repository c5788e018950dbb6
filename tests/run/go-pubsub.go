package main

import (
	"fmt"
	"sort"
	"sync"
)

type Broker[T any] struct {
	mu   sync.RWMutex
	subs map[string][]chan T
	done bool
}

func (b *Broker[T]) Subscribe(topic string, buf int) <-chan T {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subs == nil {
		b.subs = map[string][]chan T{}
	}
	c := make(chan T, buf)
	b.subs[topic] = append(b.subs[topic], c)
	return c
}

func (b *Broker[T]) Publish(topic string, v T) (n int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, c := range b.subs[topic] {
		c <- v
		n++
	}
	return
}

func (b *Broker[T]) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, cs := range b.subs {
		for _, c := range cs {
			close(c)
		}
	}
	b.done = true
}

func main() {
	var b Broker[string]
	var wg sync.WaitGroup
	var mu sync.Mutex
	var got []string
	for i := range 5 {
		c := b.Subscribe([]string{"even", "odd"}[i%2], i)
		wg.Go(func() {
			for m := range c {
				mu.Lock()
				got = append(got, fmt.Sprint(i, m))
				mu.Unlock()
			}
		})
	}
	fmt.Println(b.Publish("even", "x"), b.Publish("odd", "y"), b.Publish("none", "z"))
	b.Close()
	wg.Wait()
	sort.Strings(got)
	fmt.Println(got, b.done)
}
