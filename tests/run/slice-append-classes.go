// Capacities at the end of the small size classes, with and without pointers.
package main

import "fmt"

//go:noinline
func room[T any](n int) int { return cap(append([]T(nil), make([]T, n)...)) }

func main() {
	for _, n := range []int{62, 63, 64, 65, 4093, 4094, 4095, 4096, 4097} {
		fmt.Println(n, room[*byte](n), room[int](n), room[string](n/2), room[byte](n*8-1))
	}
}
