package main

import "fmt"

//go:noinline
func id[T any](x T) T { return x }

func main() {
	for _, v := range []int{-1000, -17, -16, -1, 0, 1, 15, 16, 17, 999} {
		fmt.Println(v, v/1, v/2, v/3, v/7, v/16, v/-16, v/1000, v%2, v%7, v%16, v%-5)
	}
	for _, v := range []uint32{0, 1, 7, 100, 1 << 31, 1<<32 - 1} {
		fmt.Println(v, v/3, v/7, v/10, v%10, v/(1<<31), v%641)
	}
	for _, d := range []int64{1, -1, 3, -7} {
		fmt.Println(id(int64(-100))/id(d), id(int64(-100))%id(d))
	}
	defer func() { fmt.Println(recover()) }()
	fmt.Println(id(1) / id(0))
}
