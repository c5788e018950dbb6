package main

import "fmt"

func try(f func() bool) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("panic:", r)
		}
	}()
	fmt.Println(f())
}

type A struct {
	n int
	x any
}
type B struct {
	x any
	n int
}
type C struct {
	a int
	_ int
	f float64
}

func main() {
	try(func() bool { return A{1, []int{}} == A{2, []int{}} })
	try(func() bool { return B{[]int{}, 1} == B{[]int{}, 2} })
	try(func() bool { var a, b any = A{1, []int{}}, A{1, []int{}}; return a == b })
	try(func() bool { return [2]any{1, []int{}} == [2]any{2, []int{}} })
	try(func() bool { var a, b any = []int{}, map[int]int{}; return a == b })
	try(func() bool { var a any = 1; return a == 1.0 })
	try(func() bool { var a any = C{a: 1, f: 0}; return a == any(C{a: 1, f: 0}) })
	var e error
	try(func() bool { return e == nil })
	var p *A
	var q any = p
	try(func() bool { return q == nil })
}
