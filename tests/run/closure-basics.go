package main

import "fmt"

func counter() (func() int, func()) {
	n := 0
	return func() int { n++; return n }, func() { n = 100 }
}

func fib() func() int {
	a, b := 0, 1
	return func() int {
		r := a
		a, b = b, a+b
		return r
	}
}

func compose(fs ...func(int) int) func(int) int {
	return func(x int) int {
		for _, f := range fs {
			x = f(x)
		}
		return x
	}
}

type op func(float64, float64) float64

func (o op) apply(a, b float64) float64 { return o(a, b) }

func main() {
	inc, reset := counter()
	inc()
	inc()
	fmt.Println(inc())
	reset()
	fmt.Println(inc())
	f := fib()
	for range 10 {
		fmt.Print(f(), " ")
	}
	fmt.Println()
	k := 3
	g := compose(func(x int) int { return x + k }, func(x int) int { return x * k })
	k = 10
	fmt.Println(g(1))
	var rec func(int) int
	rec = func(n int) int {
		if n <= 1 {
			return 1
		}
		return n * rec(n-1)
	}
	fmt.Println(rec(10))
	fmt.Println(op(func(a, b float64) float64 { return a / b }).apply(1, 4))
	var s struct{ a, b int }
	func() { s.a, s.b = 1, 2; func() { s.b *= 10 }() }()
	fmt.Println(s)
	func(args ...int) { fmt.Println(len(args), args) }(1, 2, 3)
	var nilf func()
	defer func() { fmt.Println(recover(), nilf == nil) }()
	nilf()
}
