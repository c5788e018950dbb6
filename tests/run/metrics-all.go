// Package metrics: every name can be read, has the kind that it says, and values that fit each other.
package main

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

func read(names ...string) []metrics.Sample {
	s := make([]metrics.Sample, len(names))
	for i, n := range names {
		s[i].Name = n
	}
	metrics.Read(s)
	return s
}

func number(name string) uint64 { return read(name)[0].Value.Uint64() }

func total(h *metrics.Float64Histogram) (n uint64) {
	for _, c := range h.Counts {
		n += c
	}
	return
}

var sink any

func main() {
	all := metrics.All()
	samples := make([]metrics.Sample, len(all))
	for i := range all {
		samples[i].Name = all[i].Name
	}
	metrics.Read(samples)
	bad := 0
	kinds := map[metrics.ValueKind]int{}
	for i, s := range samples {
		kinds[s.Value.Kind()]++
		if s.Value.Kind() != all[i].Kind {
			fmt.Println("kind of", s.Name, s.Value.Kind(), all[i].Kind)
		}
		if s.Value.Kind() == metrics.KindFloat64Histogram {
			h := s.Value.Float64Histogram()
			ok := len(h.Buckets) == len(h.Counts)+1
			for k := 1; k < len(h.Buckets); k++ {
				ok = ok && h.Buckets[k-1] < h.Buckets[k]
			}
			if !ok {
				bad++
			}
		}
	}
	fmt.Println(len(all), kinds[metrics.KindUint64], kinds[metrics.KindFloat64], kinds[metrics.KindFloat64Histogram], bad)

	// Histograms: bounds are the same everywhere.
	s := read("/gc/heap/allocs-by-size:bytes", "/sched/latencies:seconds", "/no/such:thing")
	size, times := s[0].Value.Float64Histogram(), s[1].Value.Float64Histogram()
	fmt.Println(len(size.Counts), size.Buckets[:5], size.Buckets[len(size.Buckets)-3:])
	fmt.Println(len(times.Counts), times.Buckets[:8], times.Buckets[len(times.Buckets)-3:])
	fmt.Println(s[2].Value.Kind() == metrics.KindBad)

	// Used again, a sample keeps its histogram.
	metrics.Read(s)
	fmt.Println(s[0].Value.Float64Histogram() == size, &size.Counts[0] == &s[0].Value.Float64Histogram().Counts[0])

	// Counts of objects and collections.
	before, made := total(size), number("/gc/heap/allocs:objects")
	bytes := number("/gc/heap/allocs:bytes")
	for range 1000 {
		sink = new([100]byte)
	}
	for range 10 {
		sink = make([]byte, 100_000)
	}
	metrics.Read(s)
	grown := total(size) - before
	fmt.Println(grown >= 900 && grown < 1200, number("/gc/heap/allocs:objects")-made >= 900, number("/gc/heap/allocs:bytes")-bytes >= 900*112+10*106496)
	var m runtime.MemStats
	cycles, forced := number("/gc/cycles/total:gc-cycles"), number("/gc/cycles/forced:gc-cycles")
	runtime.GC()
	runtime.GC()
	fmt.Println(number("/gc/cycles/total:gc-cycles")-cycles, number("/gc/cycles/forced:gc-cycles")-forced)
	runtime.ReadMemStats(&m)
	fmt.Println(uint64(m.NumGC) == number("/gc/cycles/total:gc-cycles"), m.HeapAlloc > 0, m.NextGC == number("/gc/heap/goal:bytes"))
	fmt.Println(number("/gc/heap/live:bytes") > 0, total(read("/gc/pauses:seconds")[0].Value.Float64Histogram()) > 0)
	fmt.Println(number("/gc/gogc:percent"), number("/gc/gomemlimit:bytes") == math.MaxInt64)
	debug.SetGCPercent(-1)
	fmt.Println(number("/gc/gogc:percent"))
	debug.SetGCPercent(50)
	fmt.Println(number("/gc/gogc:percent"))

	// Classes of memory add up.
	s = read("/memory/classes/heap/free:bytes", "/memory/classes/heap/objects:bytes", "/memory/classes/heap/released:bytes",
		"/memory/classes/heap/stacks:bytes", "/memory/classes/heap/unused:bytes", "/memory/classes/metadata/mcache/free:bytes",
		"/memory/classes/metadata/mcache/inuse:bytes", "/memory/classes/metadata/mspan/free:bytes", "/memory/classes/metadata/mspan/inuse:bytes",
		"/memory/classes/metadata/other:bytes", "/memory/classes/os-stacks:bytes", "/memory/classes/other:bytes",
		"/memory/classes/profiling/buckets:bytes", "/memory/classes/total:bytes")
	sum := uint64(0)
	for _, v := range s[:len(s)-1] {
		sum += v.Value.Uint64()
	}
	fmt.Println(sum == s[len(s)-1].Value.Uint64())

	// Goroutines and time.
	var wg sync.WaitGroup
	gate := make(chan int)
	created := number("/sched/goroutines-created:goroutines")
	for range 100 {
		wg.Go(func() { <-gate })
	}
	time.Sleep(10 * time.Millisecond)
	fmt.Println(number("/sched/goroutines-created:goroutines")-created == 100, number("/sched/goroutines:goroutines") >= 101)
	fmt.Println(number("/sched/goroutines/waiting:goroutines") >= 100, number("/sched/goroutines/running:goroutines") >= 1, number("/sched/threads/total:threads") >= 1)
	fmt.Println(number("/sched/gomaxprocs:threads") == uint64(runtime.GOMAXPROCS(0)))
	close(gate)
	wg.Wait()
	fmt.Println(total(read("/sched/latencies:seconds")[0].Value.Float64Histogram()) > 0)
	var mu sync.Mutex
	waited := read("/sync/mutex/wait/total:seconds")[0].Value.Float64()
	for range 200 {
		mu.Lock()
		wg.Go(func() { mu.Lock(); mu.Unlock() })
		time.Sleep(200 * time.Microsecond)
		mu.Unlock()
		wg.Wait()
	}
	fmt.Println(read("/sync/mutex/wait/total:seconds")[0].Value.Float64() > waited)
	runtime.GC() // gc's classes of time are those of the last collection
	cpu := read("/cpu/classes/total:cpu-seconds", "/cpu/classes/idle:cpu-seconds", "/cpu/classes/user:cpu-seconds", "/cpu/classes/gc/total:cpu-seconds")
	fmt.Println(cpu[0].Value.Float64() > 0, cpu[1].Value.Float64() > 0, cpu[2].Value.Float64() > 0, cpu[3].Value.Float64() > 0,
		cpu[1].Value.Float64()+cpu[3].Value.Float64() <= cpu[0].Value.Float64())

	// Finalizers and cleanups.
	q, c := number("/gc/finalizers/queued:finalizers"), number("/gc/cleanups/queued:cleanups")
	done := make(chan bool)
	go func() {
		for range 50 {
			runtime.SetFinalizer(new([64]byte), func(*[64]byte) {})
			runtime.AddCleanup(new([64]byte), func(int) {}, 0)
		}
		close(done)
	}()
	<-done
	for range 100 {
		runtime.GC()
		time.Sleep(time.Millisecond)
		if number("/gc/finalizers/executed:finalizers") >= q+40 && number("/gc/cleanups/executed:cleanups") >= c+40 {
			break
		}
	}
	fmt.Println(number("/gc/finalizers/queued:finalizers")-q >= 40, number("/gc/cleanups/queued:cleanups")-c >= 40)
	metrics.Read(nil)
}
