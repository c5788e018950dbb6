package main

import "fmt"

type big struct{ a [1000]int }

func rec(n int, b big) (int, *int) {
	x := n
	p := &x
	b.a[n%1000] = n
	if n == 0 {
		return b.a[0], p
	}
	r, q := rec(n-1, b)
	if *q != n-1 {
		panic("pointer to a stack variable is wrong")
	}
	return r + b.a[n%1000], p
}

func ack(m, n int) int {
	if m == 0 {
		return n + 1
	}
	if n == 0 {
		return ack(m-1, 1)
	}
	return ack(m-1, ack(m, n-1))
}

func floats(n int, x float64, s string) (float64, string) {
	if n == 0 {
		return x, s
	}
	y, t := floats(n-1, x*1.0001, s)
	return y + 1, t
}

func main() {
	r, _ := rec(2000, big{})
	fmt.Println(r)
	fmt.Println(ack(2, 300), ack(3, 6))
	y, s := floats(100000, 1, "str")
	fmt.Printf("%.3f %s\n", y, s)
	done := make(chan int)
	for i := range 10 {
		go func() {
			defer func() { done <- i }()
			rec(200, big{})
		}()
	}
	sum := 0
	for range 10 {
		sum += <-done
	}
	fmt.Println(sum)
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		var deep func(int)
		deep = func(n int) {
			if n == 0 {
				panic("deep")
			}
			defer func() {}()
			deep(n - 1)
		}
		deep(20000)
	}()
}
