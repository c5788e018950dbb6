package main

import "fmt"

type two struct{ a, b int }
type one struct{ n int }

var gv = 1

func setgv(n int) int { gv = n; return n }

func show(a any, n int) { fmt.Println(a, n) }

func main() {
	show(any(gv), setgv(7))
	e := two{1, 2}
	f := func() int { e.a = 50; return 9 }
	fmt.Println(e, f())
	o := one{1}
	f1 := func() int { o.n = 50; return 9 }
	fmt.Println(o, o.n, one{o.n}, f1())
	s := "old"
	fs := func() string { s = "new"; return "f" }
	fmt.Println(s, fs())
	arr := [2]int{1, 2}
	fa := func() int { arr[0] = 5; return 1 }
	fmt.Println(arr, fa())
}
