// A tree of goroutines, 131,071 of them: those that have begun and not ended stay few, since what waits in the global
// queue, the largest parts, is taken one at a time.
package main

import (
	"fmt"
	"runtime"
)

var live, peak int

func tree(depth int) int {
	if depth == 0 {
		return 1
	}
	left := make(chan int, 1)
	go func() {
		live++
		peak = max(peak, live)
		left <- tree(depth - 1)
		live--
	}()
	right := tree(depth - 1)
	return <-left + right
}

func main() {
	runtime.GOMAXPROCS(1)
	fmt.Println(tree(17), peak < 6000)
}
