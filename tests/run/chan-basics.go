package main

import "fmt"

func producer(n int) <-chan int {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := range n {
			c <- i
		}
	}()
	return c
}

func main() {
	sum := 0
	for v := range producer(100) {
		sum += v
	}
	fmt.Println(sum)
	c := make(chan string, 3)
	c <- "a"
	c <- "b"
	fmt.Println(len(c), cap(c), <-c)
	close(c)
	v, ok := <-c
	fmt.Println(v, ok)
	v, ok = <-c
	fmt.Printf("%q %v\n", v, ok)
	var nilc chan int
	fmt.Println(len(nilc), cap(nilc), nilc == nil)
	select {
	case <-nilc:
		fmt.Println("never")
	default:
		fmt.Println("nil blocks")
	}
	done := make(chan struct{})
	go func() { close(done) }()
	<-done
	<-done
	cc := make(chan chan int, 1)
	inner := make(chan int, 1)
	cc <- inner
	inner <- 42
	fmt.Println(<-<-cc)
	type big struct{ a [50]int }
	bc := make(chan big, 2)
	go func() { var b big; b.a[49] = 7; bc <- b }()
	fmt.Println((<-bc).a[49])
	zc := make(chan struct{}, 10)
	for range 5 {
		zc <- struct{}{}
	}
	fmt.Println(len(zc))
	a, b := make(chan int), make(chan int)
	var r <-chan int = a
	fmt.Println(r == a, a == b)
	fc := make(chan func() int, 1)
	fc <- func() int { return 5 }
	fmt.Println((<-fc)())
}
