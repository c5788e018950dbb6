package main

import "fmt"

func f() (s string) {
	for i := range 3 {
		defer func() { s += fmt.Sprint(i) }()
	}
	defer func(x string) { s += x }("arg")
	return "ret:"
}

func nested() {
	defer fmt.Println("outer 1")
	func() {
		defer fmt.Println("inner")
		fmt.Println("body")
	}()
	defer fmt.Println("outer 2")
}

func args() {
	x := 1
	defer fmt.Println("deferred x =", x)
	x = 2
	defer func() { fmt.Println("closure x =", x) }()
	x = 3
}

func many(n int) (sum int) {
	for i := 0; i < n; i++ {
		defer func(k int) { sum += k }(i)
	}
	return 0
}

func nilFunc() {
	defer func() { fmt.Println("recovered", recover()) }()
	var fn func()
	defer fn()
	fmt.Println("nil func runs at the end")
}

func loopGoto() {
	i := 0
again:
	defer fmt.Print(i, " ")
	if i++; i < 4 {
		goto again
	}
}

func main() {
	fmt.Println(f())
	nested()
	args()
	fmt.Println(many(1000))
	nilFunc()
	loopGoto()
	fmt.Println()
	_ = 0
}
