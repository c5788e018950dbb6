// Capacities that append gives to slices on the heap.
package main

import "fmt"

var sink any

func grow[T any](n int) int {
	s := make([]T, n)
	sink = s
	var z T
	s = append(s, z)
	sink = s
	return cap(s)
}

func main() {
	for _, n := range []int{3, 5, 7, 9, 15, 100, 256, 257, 511, 848, 1000, 10000} {
		fmt.Print(grow[int](n), " ")
	}
	fmt.Println()
	for _, n := range []int{5, 16, 100, 1000} {
		fmt.Print(grow[byte](n), " ")
	}
	fmt.Println()
	fmt.Println(grow[[3]int](15), grow[[3]int](100), grow[[5]byte](1), grow[[5]byte](4), grow[struct{}](3))
	fmt.Println(grow[*int](64), grow[string](31), grow[string](32))
	var s []int
	last := -1
	for i := 0; i < 2000; i++ {
		s = append(s, i)
		sink = s
		if cap(s) != last && i >= 4 {
			last = cap(s)
			fmt.Print(last, " ")
		}
	}
	fmt.Println()
	x := append([]int{1, 2, 3}, make([]int, 7)...)
	fmt.Println(len(x))
}
