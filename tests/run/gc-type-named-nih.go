// Only internal/runtime/sys's marks are outside of the heap, not every type of their name.
package main

import (
	"fmt"
	"runtime"
)

type NotInHeap struct {
	next *NotInHeap
	v    [8]int
}

type nih struct {
	next *nih
	v    [8]int
}

type lists struct {
	a *NotInHeap
	b *nih
}

//go:noinline
func build(n int) *lists {
	l := &lists{}
	for i := range n {
		l.a = &NotInHeap{next: l.a, v: [8]int{i}}
		l.b = &nih{next: l.b, v: [8]int{i}}
	}
	return l
}

//go:noinline
func fill() (n int) {
	var keep [][]int
	for range 5000 {
		x := make([]int, 9)
		for k := range x {
			x[k] = -1
		}
		keep = append(keep, x)
	}
	return len(keep)
}

func main() {
	l := build(1000)
	for range 3 {
		runtime.GC()
		fill()
	}
	n, sum := 0, 0
	for p := l.a; p != nil; p = p.next {
		n, sum = n+1, sum+p.v[0]
	}
	fmt.Println(n, sum)
	n, sum = 0, 0
	for p := l.b; p != nil; p = p.next {
		n, sum = n+1, sum+p.v[0]
	}
	fmt.Println(n, sum)
}
