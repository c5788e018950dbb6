package main

import (
	"fmt"
	"runtime"
)

type node struct {
	l, r *node
	val  int
	pad  [3]string
}

func build(d int) *node {
	if d == 0 {
		return &node{val: 1, pad: [3]string{fmt.Sprint(d), "x", "y"}}
	}
	return &node{l: build(d - 1), r: build(d - 1), val: d}
}

func (n *node) check() int {
	if n == nil {
		return 0
	}
	return 1 + n.l.check() + n.r.check()
}

func main() {
	long := build(12)
	m := map[string]*node{}
	var keep [][]byte
	for i := range 60 {
		t := build(9)
		if t.check() != 1023 {
			fmt.Println("broken tree")
		}
		m[fmt.Sprint(i%10)] = t
		b := make([]byte, 10000+i)
		b[i] = byte(i)
		if i%5 == 0 {
			keep = append(keep, b)
		}
		if i%20 == 0 {
			runtime.GC()
		}
	}
	fmt.Println(long.check(), len(m), len(keep), keep[3][15])
	for _, t := range m {
		if t.check() != 1023 {
			fmt.Println("broken in map")
		}
	}
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	fmt.Println(ms.NumGC > 2, ms.HeapAlloc < 200<<20, ms.Mallocs > 10000)
	c := make(chan *node, 100)
	go func() {
		for range 200 {
			c <- build(5)
		}
		close(c)
	}()
	sum := 0
	for t := range c {
		sum += t.check()
	}
	fmt.Println(sum)
	fin := make(chan bool, 1)
	func() {
		x := &node{}
		runtime.SetFinalizer(x, func(*node) { fin <- true })
	}()
	fmt.Println(cap(fin))
}
