package main

import (
	"errors"
	"fmt"
)

func a() (n int) { defer func() { n++ }(); return 1 }
func b() int     { n := 1; defer func() { n++ }(); return n }
func c() (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("wrapped: %v", r)
		}
	}()
	n = 5
	panic("oh")
}
func d() (s []int) {
	defer func() { s = append(s, 3) }()
	s = []int{1}
	return append(s, 2)
}
func e() (x [5]int, s string, err error) {
	defer func() { recover(); x[4] = 9; s += "!"; err = errors.New("late") }()
	x[0], s = 1, "s"
	var p *int
	x[1] = *p
	return
}
func g() (a, b, c, dd, ee, ff, gg, hh, ii, j int) {
	defer func() { a, j = 100, 1000 }()
	return 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
}
func h() (f1, f2 float64, s string, c complex128) {
	defer func() { f1 *= 2; c *= 2 }()
	return 1.5, 2.5, "x", 1i
}

func main() {
	fmt.Println(a(), b())
	fmt.Println(c())
	fmt.Println(d())
	fmt.Println(e())
	fmt.Println(g())
	fmt.Println(h())
}
