package main

import "fmt"

func main() {
	i := 0
	inc := func() int { i++; return i }
	arr := make([]int, 8)
	arr[i], arr[inc()] = inc()*10, inc()*100
	fmt.Println(arr, i)

	m := map[int]int{}
	j := 0
	next := func(tag string) int { j++; fmt.Print(tag, " "); return j }
	m[next("k1")], m[next("k2")] = next("v1"), next("v2")
	fmt.Println(m)

	var st struct{ a, b [3]int }
	p := func(s string) *struct{ a, b [3]int } { fmt.Print(s, " "); return &st }
	p("p1").a[next("i1")-4], p("p2").b[next("i2")-5] = next("r1"), next("r2")
	fmt.Println(st)
}
