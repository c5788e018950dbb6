package main

import "fmt"

func try(f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(r)
		}
	}()
	f()
}

func main() {
	s := []int{1, 2, 3, 4, 5}
	a := [3]int(s)
	p := (*[4]int)(s)
	s[0] = 100
	fmt.Println(a, *p, len(p))
	p[1] = 200
	fmt.Println(s)
	try(func() { _ = [6]int(s) })
	try(func() { _ = (*[8]int)(s) })
	var n []int
	fmt.Println((*[0]int)(n) == nil, (*[0]int)([]int{}) == nil, [0]int(n))
	try(func() { _ = [1]int(n) })
	for i, v := range [2]int(s[1:]) {
		fmt.Println(i, v)
	}
	for i := range (*[2]int)(s) {
		fmt.Println(i)
	}
}
