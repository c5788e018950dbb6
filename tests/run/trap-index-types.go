package main

import "fmt"

func u64() uint64 { return 5 }
func i8() int8    { return -1 }
func u8() uint8   { return 200 }

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

func main() {
	b := make([]byte, u64())
	fmt.Println(len(b))
	try(func() { b[u8()] = 1 })
	try(func() { b[i8()] = 1 })
	big := uint64(1) << 63
	try(func() { b[big] = 1 })
	try(func() { _ = b[big:] })
	try(func() { _ = make([]byte, i8()) })
	try(func() { _ = make([]int, big) })
	n := -5
	try(func() { _ = make([]int, n, 10) })
	try(func() { _ = make([]int, 10, 10+n) })
	try(func() { _ = make(chan int, n) })
	m := make(map[int]int, n)
	m[1] = 2
	fmt.Println(m)
	var s int8 = -3
	try(func() { fmt.Println(1 << s) })
}
