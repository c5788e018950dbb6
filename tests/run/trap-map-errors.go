package main

import (
	"fmt"
	"runtime"
)

func try(f func()) {
	defer func() {
		r := recover()
		_, isErr := r.(runtime.Error)
		fmt.Println(r, isErr)
	}()
	f()
}

func main() {
	m := map[any]int{1: 1}
	var nm map[any]int
	try(func() { delete(m, []int{}) })
	try(func() { delete(nm, []int{}) })
	try(func() { _ = m[func() {}] })
	try(func() { _ = nm[func() {}] })
	try(func() { _ = m[map[int]int{}] })
	try(func() { nm[1] = 1 })
	try(func() { delete(nm, 1) })
	fmt.Println(len(nm), nm[1])
	clear(nm)
}
