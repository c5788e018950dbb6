package main

import "fmt"

var v1, v2 = 1, 2

func FV1() int { fmt.Print("FV1 "); return v1 }
func FV2() int { fmt.Print("FV2 "); return v2 }
func F() int   { fmt.Print("F "); v1 = 2; return 0 }
func G(b bool) int {
	fmt.Print("G ")
	if b {
		return 0
	}
	return 1
}

func main() {
	fmt.Println(F() + G(FV1() == FV2()))
	x := map[int]int{}
	f := func() int { fmt.Print("f "); return 1 }
	g := func() int { fmt.Print("g "); return 2 }
	x[f()] = g()
	fmt.Println(x)
}
