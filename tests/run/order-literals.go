package main

import "fmt"

func n(s string) string { fmt.Print(s, " "); return s }

type S struct{ A, B, C string }

func main() {
	fmt.Println(S{C: n("c"), A: n("a"), B: n("b")})
	fmt.Println([3]string{2: n("two"), 0: n("zero"), 1: n("one")})
	fmt.Println(map[string]string{n("k1"): n("v1"), n("k2"): n("v2")})
	fmt.Println([]S{{A: n("x")}, {B: n("y")}})
	k := "a"
	f := func() string { k = "b"; return "val" }
	fmt.Println(map[string]string{"const": "c", k: f()})
	switch x := n("tag"); x {
	case n("no"):
	case n("tag"):
		fmt.Println("matched")
	case n("never"):
	}
	v := 1
	g := func() int { v = 2; return 1 }
	switch v {
	case g() + 1:
		fmt.Println("changed")
	case 1:
		fmt.Println("copied")
	}
}
