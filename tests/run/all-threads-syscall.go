// syscall.AllThreadsSyscall: every thread has what one call set, those that goroutines are locked to, too, and those made later.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
)

const (
	getKeepCaps = 7
	setKeepCaps = 8
)

func keepCaps() uintptr {
	r, _, _ := syscall.RawSyscall(syscall.SYS_PRCTL, getKeepCaps, 0, 0)
	return r
}

func main() {
	const n = 4
	ask := make([]chan bool, n)
	answers := make(chan uintptr)
	for i := range ask {
		ask[i] = make(chan bool)
		go func() {
			runtime.LockOSThread()
			for range ask[i] {
				answers <- keepCaps()
			}
		}()
	}
	all := func() (sum uintptr) {
		for i := range ask {
			ask[i] <- true
			sum += <-answers
		}
		return
	}
	fmt.Println(all(), keepCaps())
	for i := range 100 {
		r, _, e := syscall.AllThreadsSyscall(syscall.SYS_PRCTL, setKeepCaps, uintptr(i+1)%2, 0)
		if r != 0 || e != 0 {
			fmt.Println("error", r, e)
		}
		if got := all(); got != n*uintptr(i+1)%(2*n) {
			fmt.Println("round", i, got)
		}
	}
	syscall.AllThreadsSyscall(syscall.SYS_PRCTL, setKeepCaps, 1, 0)
	fmt.Println(all(), keepCaps())
	var wg sync.WaitGroup
	var lock sync.Mutex
	later := uintptr(0)
	for range n {
		wg.Go(func() {
			runtime.LockOSThread() // and the thread ends
			lock.Lock()
			later += keepCaps()
			lock.Unlock()
		})
	}
	wg.Wait()
	fmt.Println(later)
	r, _, e := syscall.AllThreadsSyscall6(syscall.SYS_GETPID, 0, 0, 0, 0, 0, 0)
	fmt.Println(int(r) == os.Getpid(), e)
	r, r2, e := syscall.AllThreadsSyscall(syscall.SYS_PRCTL, setKeepCaps, 77, 0)
	fmt.Println(int(r), r2, e)
}
