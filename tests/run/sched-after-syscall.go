// A goroutine that comes back from a long system call to an idle program is preempted like any other.
package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

func main() {
	runtime.GOMAXPROCS(1)
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		panic(err)
	}
	// Another process writes, so that nobody here is busy meanwhile.
	_, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "sleep 0.3; echo x >&3"}, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2, uintptr(p[1])}})
	if err != nil {
		panic(err)
	}
	var b [1]byte
	syscall.Read(p[0], b[:])
	start := time.Now()
	go func() {
		fmt.Println("ran", time.Since(start) < 5*time.Second)
		os.Exit(0)
	}()
	for {
	}
}
