// MemStats: fields that fit each other, and grow and shrink with what the program does.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

func read() (m runtime.MemStats) { runtime.ReadMemStats(&m); return }

func deep(n int, there, gate chan int) {
	var pad [64]int
	pad[n%64] = n
	if n > 0 {
		deep(n-1, there, gate)
		pad[0]++
		return
	}
	there <- 0
	<-gate
}

var sink, kept any

func main() {
	m := read()
	fmt.Println(m.Sys == m.HeapSys+m.StackSys+m.MSpanSys+m.MCacheSys+m.BuckHashSys+m.GCSys+m.OtherSys)
	fmt.Println(m.HeapSys == m.HeapInuse+m.HeapIdle, m.HeapReleased <= m.HeapIdle, m.HeapAlloc == m.Alloc, m.HeapAlloc <= m.HeapInuse)
	fmt.Println(m.StackInuse > 0, m.StackInuse <= m.StackSys, m.MSpanInuse > 0, m.MSpanInuse <= m.MSpanSys, m.MCacheInuse > 0, m.MCacheInuse <= m.MCacheSys)
	fmt.Println(m.GCSys > 0, m.EnableGC, m.DebugGC, m.Lookups)
	sizes := []uint32{}
	for _, s := range m.BySize[:12] {
		sizes = append(sizes, s.Size)
	}
	fmt.Println(sizes, len(m.BySize), m.BySize[60].Size)

	// By size.
	const class = 9 // 112 bytes
	before := read()
	for range 500 {
		sink = new([100]byte)
	}
	after := read()
	n := after.BySize[class].Mallocs - before.BySize[class].Mallocs
	fmt.Println(after.BySize[class].Size, n >= 500 && n < 520)
	sink = nil
	runtime.GC()
	freed := read()
	fmt.Println(freed.BySize[class].Frees-after.BySize[class].Frees >= 480, freed.Mallocs-freed.Frees == freed.HeapObjects)

	// Stacks.
	before = read()
	there, gate := make(chan int), make(chan int)
	for range 300 {
		go deep(50, there, gate)
	}
	for range 300 {
		<-there
	}
	after = read()
	fmt.Println("stacks", after.StackInuse >= before.StackInuse+300*20_000)
	close(gate)
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	runtime.GC()
	fmt.Println("stacks", read().StackInuse < after.StackInuse/2)

	// Collections.
	before = read()
	runtime.GC()
	runtime.GC()
	after = read()
	fmt.Println(after.NumGC-before.NumGC, after.NumForcedGC-before.NumForcedGC, after.LastGC > before.LastGC, after.PauseTotalNs > before.PauseTotalNs)
	last := (after.NumGC + 255) % 256
	fmt.Println(after.PauseNs[last] > 0, after.PauseEnd[last] == after.LastGC, after.PauseNs[last] <= after.PauseTotalNs)
	fmt.Println(after.GCCPUFraction > 0, after.GCCPUFraction < 1, after.NextGC > after.HeapAlloc)
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	fmt.Println(gc.NumGC == int64(after.NumGC), uint64(gc.LastGC.UnixNano()) == after.LastGC, uint64(gc.Pause[0]) == after.PauseNs[last])

	// Given back, and used again.
	big := make([]byte, 64<<20)
	for i := 0; i < len(big); i += 4096 {
		big[i] = 1
	}
	kept = big
	before = read()
	big, kept = nil, nil
	debug.FreeOSMemory()
	after = read()
	fmt.Println("released", after.HeapReleased >= before.HeapReleased+60<<20)
	kept = make([]byte, 64<<20)
	again := read()
	fmt.Println("used", again.HeapReleased+32<<20 < after.HeapReleased, again.HeapAlloc > after.HeapAlloc+60<<20)
}
