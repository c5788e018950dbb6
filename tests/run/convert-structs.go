package main

import "fmt"

type A struct {
	X int `json:"x"`
	Y string
}
type B struct {
	X int
	Y string `tag:"y"`
}
type F func(int) int
type I interface{ M() int }
type N int

func (n N) M() int { return int(n) }

type Ch chan int

func main() {
	a := A{1, "one"}
	b := B(a)
	fmt.Println(b, A(b) == a)
	pa := (*B)(&a)
	pa.X = 9
	fmt.Println(a)
	f := F(func(n int) int { return n + 1 })
	fmt.Println(f(1), (func(int) int)(f)(2))
	var i I = N(5)
	var e interface{ M() int } = i
	fmt.Println(i.(N), e.M(), I(e).M())
	c := make(Ch, 1)
	var send chan<- int = c
	var recv <-chan int = c
	send <- 4
	fmt.Println(<-recv)
	anon := struct {
		X int
		Y string
	}{3, "three"}
	a = A(anon)
	fmt.Println(a)
}
