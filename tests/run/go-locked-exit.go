// A goroutine that ends while it is locked to its thread ends the thread; others are made, and do not pile up.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

func threads() int {
	b, _ := os.ReadFile("/proc/self/status")
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "Threads:") {
			var n int
			fmt.Sscanf(strings.Fields(l)[1], "%d", &n)
			return n
		}
	}
	return 0
}

func main() {
	before := threads()
	seen := map[int]bool{}
	var mu sync.Mutex
	for range 200 {
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread()
			mu.Lock()
			seen[syscall.Gettid()] = true
			mu.Unlock()
			time.Sleep(time.Microsecond)
		}()
		wg.Wait()
	}
	time.Sleep(20 * time.Millisecond)
	fmt.Println(len(seen) > 150, threads() < before+8)
}
