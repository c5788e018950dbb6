package main

import (
	"fmt"
	"unsafe"
)

type T struct {
	a bool
	b int64
	c uint16
	d string
	e [3]byte
	f any
}

func main() {
	var t T
	fmt.Println(unsafe.Sizeof(t), unsafe.Alignof(t), unsafe.Offsetof(t.b), unsafe.Offsetof(t.c), unsafe.Offsetof(t.d), unsafe.Offsetof(t.e), unsafe.Offsetof(t.f))
	fmt.Println(unsafe.Sizeof(""), unsafe.Sizeof([]int{}), unsafe.Sizeof(map[int]int{}), unsafe.Sizeof([7]int16{}), unsafe.Sizeof(struct{}{}))
	f := 1.5
	bits := *(*uint64)(unsafe.Pointer(&f))
	fmt.Printf("%x\n", bits)
	arr := [4]int{1, 2, 3, 4}
	p := (*int)(unsafe.Add(unsafe.Pointer(&arr[0]), 2*unsafe.Sizeof(arr[0])))
	*p = 30
	fmt.Println(arr, unsafe.Slice(&arr[1], 2))
	b := []byte("bytes")
	s := unsafe.String(&b[0], len(b))
	b[0] = 'B'
	fmt.Println(s, *unsafe.StringData("x") == 'x', unsafe.SliceData(b) == &b[0])
	defer func() { fmt.Println(recover()) }()
	n := -1
	_ = unsafe.Slice(&arr[0], n)
}
