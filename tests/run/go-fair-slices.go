// Two goroutines that hand the processor to each other, with a millisecond of work each time, share one time slice: a
// third one gets its turn all the same.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func work(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	there, back := make(chan int), make(chan int)
	go func() {
		for v := range there {
			work(time.Millisecond)
			back <- v
		}
	}()
	turns, third := 0, 0
	go func() {
		for range 5 {
			third++
			runtime.Gosched()
		}
	}()
	for start := time.Now(); third < 5 && time.Since(start) < 3*time.Second; turns++ {
		there <- turns
		work(time.Millisecond)
		<-back
	}
	fmt.Println(third, turns < 300)
}
