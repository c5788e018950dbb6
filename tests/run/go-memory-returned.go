// After many goroutines at once, some of them with deep stacks, their memory goes back to the system.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

func resident() int {
	b, _ := os.ReadFile("/proc/self/status")
	n := 0
	for _, l := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			fmt.Sscan(rest, &n)
		}
	}
	return n
}

func deep(n int) int {
	var a [64]byte
	a[n%64] = byte(n)
	if n == 0 {
		return int(a[0])
	}
	return deep(n-1) + int(a[n%64])
}

func wave(n int) int {
	var wg sync.WaitGroup
	gate, there := make(chan int), make(chan int)
	for i := range n {
		wg.Go(func() {
			if i%10 == 0 {
				deep(i % 1000)
			}
			there <- i
			<-gate
		})
	}
	sum := 0
	for range n {
		sum += <-there
	}
	peak := resident()
	close(gate)
	wg.Wait()
	if sum != n*(n-1)/2 {
		panic("not everybody was there")
	}
	return peak
}

func main() {
	for range 3 {
		peak := wave(20000)
		debug.FreeOSMemory()
		fmt.Println(resident()*2 < peak)
	}
}
