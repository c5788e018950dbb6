package main

import (
	"fmt"
	"runtime"
)

type foo struct {
	pad  [100]int
	data [64]byte
	tail *int
}

func mk() []byte {
	f := &foo{tail: new(int)}
	copy(f.data[:], "interior pointers keep objects alive")
	return f.data[:36]
}

func main() {
	var all [][]byte
	for i := 0; i < 100; i++ {
		all = append(all, mk())
	}
	runtime.GC()
	for i := 0; i < 10000; i++ {
		_ = make([]byte, 1000)
	}
	runtime.GC()
	for i, b := range all {
		if string(b) != "interior pointers keep objects alive" {
			fmt.Println("lost", i, string(b))
			return
		}
	}
	fmt.Println("ok")
}
