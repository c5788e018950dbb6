// Variables that are too large for a frame are on the heap.
package main

import "fmt"

//go:noinline
func wraps(i int) int {
	var a [4<<30 + 64]byte
	a[i] = 7
	a[len(a)-1] = 9
	return int(a[i]) + int(a[i/2]) + len(a)
}

//go:noinline
func huge(i int) int {
	var a [5 << 30]byte
	a[i] = 7
	a[len(a)-1] = 9
	return int(a[i]) + int(a[i/2])
}

type T struct {
	a [3 << 30]byte
	b int
}

//go:noinline
func field(i int) int {
	var t T
	t.b = i
	p := &T{b: 5}
	return t.b + p.b
}

//go:noinline
func depth(n int) int {
	var a [200 << 10]byte
	a[n] = byte(n)
	if n == 0 {
		return len(a)
	}
	return depth(n-1) + int(a[n])
}

func main() {
	fmt.Println(wraps(4<<30), huge(4<<30), field(3), depth(10))
}
