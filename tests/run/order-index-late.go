package main

import "fmt"

var s = "abc"
var a = []int{1, 2, 3}
var arr = [3]int{1, 2, 3}
var p = &arr
var m = map[int][3]int{0: {1, 2, 3}}
var big = map[int][40]int{0: {1, 2, 3}}

type T struct{ x [3]int }

func get() T { return T{[3]int{7, 8, 9}} }

func f() int {
	s = "xyz"
	a = []int{4, 5, 6}
	arr = [3]int{7, 8, 9}
	p = &[3]int{10, 11, 12}
	m[0] = [3]int{13, 14, 15}
	big[0] = [40]int{16, 17}
	return 1
}

func reset() {
	s, a, arr, p = "abc", []int{1, 2, 3}, [3]int{1, 2, 3}, &[3]int{1, 2, 3}
	m[0], big[0] = [3]int{1, 2, 3}, [40]int{1, 2, 3}
}

func main() {
	var x = s[f()]
	fmt.Println(x)
	reset()
	var y = a[f()]
	fmt.Println(y)
	reset()
	y = arr[f()]
	fmt.Println(y)
	reset()
	y = p[f()]
	fmt.Println(y)
	reset()
	y = m[0][f()]
	fmt.Println(y)
	reset()
	var z = big[0][f()]
	fmt.Println(z)
	reset()
	y = get().x[f()]
	fmt.Println(y)
	reset()
	y = func() [3]int { return arr }()[f()]
	fmt.Println(y)
	reset()
	u := a[f():]
	fmt.Println(u)
	reset()
	v := s[f():]
	fmt.Println(v)
	reset()
	w := p[f():]
	fmt.Println(w)
}
