package main

import "fmt"

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

func boom() int { panic("boom") }

func main() {
	m := map[int]int{}
	ms := map[int][]int{}
	zero := 0
	var p *int
	try(func() { m[1] = 1 / zero })
	try(func() { ms[1] = append(ms[1], boom()) })
	try(func() { m[2] /= zero })
	try(func() { m[3] %= zero })
	try(func() { m[5] = m[5] + *p })
	fmt.Println(len(m), len(ms))
	var nm map[any]int
	try(func() { nm[[]int{}] = 1 })
	m2 := map[any]int{}
	try(func() { m2[[]int{}] = 1 })
	try(func() { m2[func() {}] = 1 })
	type S struct{ f []int }
	try(func() { m2[S{}] = 1 })
	fmt.Println(len(m2))
}
