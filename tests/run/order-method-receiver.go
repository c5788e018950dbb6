package main

import "fmt"

type V struct{ n int }

func (v V) val() int { return v.n }

var v = V{1}

func hh() int { v = V{2}; return 0 }

func main() {
	fmt.Println(v.val(), hh(), v.val())
	v = V{1}
	fn := v.val
	v.n = 10
	fmt.Println(fn(), v.val())
	pv := &V{5}
	fp := pv.val
	pv.n = 6
	fmt.Println(fp(), pv.val())
}
