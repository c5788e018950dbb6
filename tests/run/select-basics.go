package main

import (
	"fmt"
	"time"
)

func main() {
	a, b := make(chan int, 1), make(chan string, 1)
	a <- 1
	select {
	case v := <-a:
		fmt.Println("a", v)
	case s := <-b:
		fmt.Println("b", s)
	}
	select {
	case b <- "sent":
		fmt.Println("sent")
	case v, ok := <-a:
		fmt.Println(v, ok)
	}
	select {
	case b <- "full":
		fmt.Println("never")
	default:
		fmt.Println("full")
	}
	close(a)
	select {
	case v, ok := <-a:
		fmt.Println(v, ok)
	}
	var arr [3]int
	idx := func() int { fmt.Println("index evaluated"); return 2 }
	c := make(chan int, 1)
	c <- 9
	select {
	case arr[idx()] = <-c:
	case <-time.After(10 * time.Second):
	}
	fmt.Println(arr)
	ev := func(s string, c chan int) chan int { fmt.Print(s, " "); return c }
	val := func(n int) int { fmt.Print("val", n, " "); return n }
	var n chan int
	select {
	case ev("one", n) <- val(1):
	case <-ev("two", n):
	case ev("three", c) <- val(3):
		fmt.Println("three")
	}
	select {
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timeout")
	case <-n:
	}
	// Fairness: each of two ready channels is taken sometimes.
	x, y := make(chan int, 1000), make(chan int, 1000)
	for i := range 1000 {
		x <- i
		y <- i
	}
	nx, ny := 0, 0
	for range 1000 {
		select {
		case <-x:
			nx++
		case <-y:
			ny++
		}
	}
	fmt.Println(nx > 350, ny > 350, nx+ny)
	func() {
		defer func() { fmt.Println(recover()) }()
		z := make(chan int)
		close(z)
		select {
		case z <- 1:
		default:
		}
	}()
	quit := make(chan bool)
	data := make(chan int)
	go func() {
		for i := range 3 {
			data <- i
		}
		quit <- true
	}()
loop:
	for {
		select {
		case v := <-data:
			fmt.Print(v, " ")
		case <-quit:
			break loop
		}
	}
	fmt.Println()
}
