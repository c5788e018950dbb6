// CPU profiles: starting and stopping, labels; the samples themselves are for the acceptance suite to read.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"
)

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

//go:noinline
func burn(d time.Duration) (n uint64) {
	for end := cpuTime() + d; cpuTime() < end; {
		for i := range 20_000 {
			n = n*1664525 + uint64(i)
		}
	}
	return n
}

// names unpacks a profile: its table of strings holds all names.
func names(p []byte) string {
	z, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		return err.Error()
	}
	raw, _ := io.ReadAll(z)
	return string(raw)
}

func main() {
	// A program that wants SIGPROF for itself doesn't get in the way.
	wanted := make(chan os.Signal, 1000)
	signal.Notify(wanted, syscall.SIGPROF)
	var one, two bytes.Buffer
	fmt.Println(pprof.StartCPUProfile(&one))
	fmt.Println(pprof.StartCPUProfile(&two))
	var wg sync.WaitGroup
	ctx := pprof.WithLabels(context.Background(), pprof.Labels("who", "everybody"))
	for range 4 {
		wg.Go(func() {
			pprof.SetGoroutineLabels(ctx)
			burn(100 * time.Millisecond)
		})
	}
	wg.Wait()
	pprof.StopCPUProfile()
	pprof.StopCPUProfile() // harmless
	text := names(one.Bytes())
	for _, s := range []string{"main.burn", "everybody", "who", "samples", "nanoseconds", "prof-cpu.go"} {
		fmt.Println(s, strings.Contains(text, s))
	}
	fmt.Println("second", two.Len())

	// Again, while nothing happens.
	fmt.Println(pprof.StartCPUProfile(&two))
	time.Sleep(10 * time.Millisecond)
	pprof.StopCPUProfile()
	fmt.Println("second", two.Len() > 0, strings.Contains(names(two.Bytes()), "samples"))

	// The older interface.
	runtime.SetCPUProfileRate(-1)
	func() {
		defer func() { fmt.Println(recover()) }()
		runtime.CPUProfile()
	}()
	runtime.GC()
	pprof.Do(ctx, pprof.Labels("more", "x"), func(ctx context.Context) {
		fmt.Println(pprof.Label(ctx, "who"))
		pprof.ForLabels(ctx, func(k, v string) bool { fmt.Println(k, v); return true })
	})
}
