// Threads that have ended are counted no longer, and a record that a new thread takes over is as fresh: it is profiled, too.
package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"time"
)

func threads() uint64 {
	s := []metrics.Sample{{Name: "/sched/threads/total:threads"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func main() {
	fmt.Println(pprof.StartCPUProfile(io.Discard))
	for range 3 {
		done := make(chan bool)
		for range 30 {
			go func() {
				runtime.LockOSThread()
				time.Sleep(10 * time.Millisecond)
				done <- true
			}()
		}
		for range 30 {
			<-done
		}
	}
	pprof.StopCPUProfile()
	for range 100 {
		if threads() < 20 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println(threads() < 20, pprof.Lookup("threadcreate").Count() < 20)
}
