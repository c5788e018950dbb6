// Soak keeps everything in the runtime busy at once, and checks itself: goroutines, channels, select, timers, maps, large
// and small allocation, panics, finalizers, pools, mutexes, condition variables, pipes, sockets, deep stacks, system
// calls, threads. Each kind of work has a check of its own (a sum, an order, a count); the first that fails ends the
// program with 1. Prints a line every ten seconds, and "ok" at the end.
//
//	-d duration   how long (default 20s)
//	-p n          goroutines for each kind of work (default 3)
//	-run regexp   which kinds
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A work is one kind of it: each call does a small unit and checks it.
type work struct {
	name  string
	unit  func(r *rand.Rand)
	units atomic.Int64
}

var works = []*work{
	{name: "tree", unit: tree},
	{name: "pipeline", unit: pipeline},
	{name: "selects", unit: selects},
	{name: "timers", unit: timers},
	{name: "contexts", unit: contexts},
	{name: "maps", unit: maps},
	{name: "small", unit: small},
	{name: "large", unit: large},
	{name: "panics", unit: panics},
	{name: "finalizers", unit: finalizers},
	{name: "pools", unit: pools},
	{name: "locks", unit: locks},
	{name: "conds", unit: conds},
	{name: "pipes", unit: pipes},
	{name: "sockets", unit: sockets},
	{name: "stacks", unit: stacks},
	{name: "threads", unit: threads},
	{name: "strings", unit: texts},
	{name: "numbers", unit: numbers},
	{name: "world", unit: world},
}

var start = time.Now()

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "soak: after %v: %s\n", time.Since(start).Round(time.Millisecond), fmt.Sprintf(format, args...))
	buf := make([]byte, 1<<20)
	os.Stderr.Write(buf[:runtime.Stack(buf, true)])
	os.Exit(1)
}

func check(ok bool, format string, args ...any) {
	if !ok {
		fail(format, args...)
	}
}

func main() {
	d := flag.Duration("d", 20*time.Second, "how long")
	p := flag.Int("p", 3, "goroutines for each kind of work")
	run := flag.String("run", "", "regexp of kinds of work")
	flag.Parse()
	only := regexp.MustCompile(*run)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i, w := range works {
		if !only.MatchString(w.name) {
			continue
		}
		for k := range *p {
			r := rand.New(rand.NewPCG(uint64(i), uint64(k)))
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						w.unit(r)
						w.units.Add(1)
					}
				}
			})
		}
	}
	report := time.NewTicker(10 * time.Second)
	end := time.After(*d)
	for going := true; going; {
		select {
		case <-report.C:
			progress()
		case <-end:
			going = false
		}
	}
	close(stop)
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		fail("somebody does not end")
	}
	for _, w := range works {
		check(!only.MatchString(w.name) || w.units.Load() > 0, "no unit of %s was done", w.name)
	}
	progress()
	fmt.Println("ok")
}

func progress() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Printf("%6.0fs %d goroutines, %d MiB of %d, %d collections:", time.Since(start).Seconds(),
		runtime.NumGoroutine(), m.HeapAlloc>>20, m.Sys>>20, m.NumGC)
	for _, w := range works {
		fmt.Printf(" %s %d", w.name, w.units.Load())
	}
	fmt.Println()
}

// ---- goroutines and channels

func tree(r *rand.Rand) {
	var grow func(depth int) int
	grow = func(depth int) int {
		if depth == 0 {
			return 1
		}
		left := make(chan int)
		go func() { left <- grow(depth - 1) }()
		right := grow(depth - 1)
		return <-left + right
	}
	depth := r.IntN(9)
	n := grow(depth)
	check(n == 1<<depth, "tree: %d leaves, want %d", n, 1<<depth)
}

func pipeline(r *rand.Rand) {
	n, stages := 1+r.IntN(300), 1+r.IntN(6)
	first := make(chan int, r.IntN(4))
	c := first
	for range stages {
		in, out := c, make(chan int, r.IntN(4))
		go func() {
			defer close(out)
			for v := range in {
				out <- v + 1
			}
		}()
		c = out
	}
	go func() {
		defer close(first)
		for i := range n {
			first <- i
		}
	}()
	next := 0
	for v := range c {
		check(v == next+stages, "pipeline: %d, want %d", v, next+stages)
		next++
	}
	check(next == n, "pipeline: %d values, want %d", next, n)
}

func selects(r *rand.Rand) {
	chans := make([]chan int, 4)
	for i := range chans {
		chans[i] = make(chan int, i%2)
	}
	quit := make(chan struct{})
	var got, sent atomic.Int64
	var receivers, senders sync.WaitGroup
	for range 3 {
		receivers.Go(func() {
			for {
				select {
				case v := <-chans[0]:
					got.Add(int64(v))
				case v := <-chans[1]:
					got.Add(int64(v))
				case v := <-chans[2]:
					got.Add(int64(v))
				case v := <-chans[3]:
					got.Add(int64(v))
				case <-quit:
					return
				}
			}
		})
		senders.Go(func() {
			for i := range 60 {
				select {
				case chans[i%4] <- i:
				case chans[(i+1)%4] <- i:
				}
				sent.Add(int64(i))
			}
		})
	}
	senders.Wait()
	for len(chans[1])+len(chans[3]) > 0 {
		runtime.Gosched()
	}
	close(quit)
	receivers.Wait()
	check(got.Load() == sent.Load(), "selects: %d received, %d sent", got.Load(), sent.Load())
}

// ---- time

func timers(r *rand.Rand) {
	d := time.Duration(r.IntN(2000)) * time.Microsecond
	t0 := time.Now()
	switch r.IntN(5) {
	case 0:
		time.Sleep(d)
		check(time.Since(t0) >= d, "timers: slept %v of %v", time.Since(t0), d)
	case 1:
		at := <-time.After(d)
		check(at.Sub(t0) >= d, "timers: fired after %v of %v", at.Sub(t0), d)
	case 2:
		t := time.NewTicker(d/4 + time.Microsecond)
		for range 3 {
			<-t.C
		}
		t.Stop()
		select {
		case <-t.C:
			fail("timers: a stopped ticker ticks")
		default:
		}
	case 3:
		var ran atomic.Int32
		t := time.AfterFunc(d, func() { ran.Add(1) })
		time.Sleep(time.Duration(r.IntN(2000)) * time.Microsecond)
		stopped := t.Stop()
		for limit := time.Now().Add(20 * time.Second); !stopped && ran.Load() == 0; {
			check(time.Now().Before(limit), "timers: a function was neither stopped nor called")
			time.Sleep(50 * time.Microsecond)
		}
		check(!stopped || ran.Load() == 0, "timers: a stopped function was called")
	case 4:
		t := time.NewTimer(time.Hour)
		t.Reset(d)
		<-t.C
		check(!t.Stop(), "timers: a fired timer was running")
	}
}

func contexts(r *rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.IntN(3000))*time.Microsecond)
	defer cancel()
	child, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if r.IntN(2) == 0 {
		cause := fmt.Errorf("cause %d", r.Int())
		go stop(cause)
		<-child.Done()
		c := context.Cause(child)
		check(c == cause || c == context.DeadlineExceeded, "contexts: cause %v", c)
		return
	}
	<-child.Done()
	check(child.Err() == context.DeadlineExceeded, "contexts: %v", child.Err())
}

// ---- memory

func maps(r *rand.Rand) {
	m, sum := map[int]*int{}, 0
	byText := map[string]int{}
	for range 200 + r.IntN(800) {
		k := r.IntN(500)
		if p := m[k]; p != nil && r.IntN(3) == 0 {
			sum -= *p
			delete(m, k)
			delete(byText, fmt.Sprint(k))
		} else if p == nil {
			v := r.Int() >> 20
			m[k] = &v
			byText[fmt.Sprint(k)] = v
			sum += v
		}
	}
	n := 0
	for k, p := range m {
		n += *p
		check(byText[fmt.Sprint(k)] == *p, "maps: two maps differ at %d", k)
	}
	check(n == sum && len(byText) == len(m), "maps: sum %d, want %d; %d and %d entries", n, sum, len(m), len(byText))
}

type node struct {
	left, right *node
	key, check  uint64
	pad         []byte
}

func (n *node) insert(key uint64, pad int) *node {
	if n == nil {
		return &node{key: key, check: key * 0x9e3779b97f4a7c15, pad: make([]byte, pad)}
	}
	if key < n.key {
		n.left = n.left.insert(key, pad)
	} else {
		n.right = n.right.insert(key, pad)
	}
	return n
}

func (n *node) walk(last *uint64) int {
	if n == nil {
		return 0
	}
	c := n.left.walk(last)
	check(n.check == n.key*0x9e3779b97f4a7c15, "small: an object was overwritten")
	check(n.key >= *last, "small: %d after %d", n.key, *last)
	*last = n.key
	return c + 1 + n.right.walk(last)
}

// kept holds trees for a while, so that there are old objects with pointers to young ones.
var kept [8]atomic.Pointer[node]

func small(r *rand.Rand) {
	slot := &kept[r.IntN(len(kept))]
	var root *node
	n := 300 + r.IntN(700)
	for range n {
		root = root.insert(r.Uint64(), r.IntN(200))
	}
	if old := slot.Swap(root); old != nil {
		var last uint64
		old.walk(&last)
	}
	var last uint64
	c := root.walk(&last)
	check(c == n, "small: %d nodes, want %d", c, n)
}

func large(r *rand.Rand) {
	var blocks [][]uint64
	for i := range 1 + r.IntN(5) {
		b := make([]uint64, 1<<(8+r.IntN(11)))
		for j := range b {
			check(b[j] == 0, "large: fresh memory is not zero")
			if j%64 == 0 {
				b[j] = uint64(i<<32 | j)
			}
		}
		blocks = append(blocks, b)
		runtime.Gosched()
	}
	for i, b := range blocks {
		for j := 0; j < len(b); j += 64 {
			check(b[j] == uint64(i<<32|j), "large: block %d was overwritten at %d", i, j)
		}
	}
}

func finalizers(r *rand.Rand) {
	// Each is called once at most, with its own value; that they come at all is asked of the world's collections.
	n := 20 + r.IntN(30)
	for i := range n {
		v := &[2]int{i, ^i}
		var called atomic.Bool
		runtime.SetFinalizer(v, func(v *[2]int) {
			check(v[0] == ^v[1], "finalizers: an object died before its finalizer")
			check(!called.Swap(true), "finalizers: called twice")
			finalized.Add(1)
		})
		w := &[64]int{i}
		runtime.AddCleanup(w, func(want int) { check(want == i, "finalizers: a cleanup's argument") }, i)
	}
	made.Add(int64(n))
	time.Sleep(time.Millisecond)
}

var made, finalized atomic.Int64

// world asks for what stops everybody.
func world(r *rand.Rand) {
	time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond)
	switch r.IntN(6) {
	case 0:
		runtime.GC()
		check(made.Load() < 20_000 || finalized.Load() > 0, "world: no finalizer of %d ran", made.Load())
	case 1:
		runtime.GOMAXPROCS(1 + r.IntN(6))
	case 2:
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		check(m.Mallocs >= m.Frees, "world: %d allocated, %d freed", m.Mallocs, m.Frees)
	case 3:
		buf := make([]byte, 64<<10)
		check(strings.HasPrefix(string(buf[:runtime.Stack(buf, true)]), "goroutine "), "world: no trace")
	case 4:
		p := make([]runtime.StackRecord, 10)
		runtime.GoroutineProfile(p)
	}
}

// ---- panics

type myError struct{ n int }

func (e *myError) Error() string { return fmt.Sprint("my error ", e.n) }

func panics(r *rand.Rand) {
	n := r.IntN(1000)
	catch := func(f func()) (v any) {
		defer func() { v = recover() }()
		f()
		return nil
	}
	deep := func(f func()) func() {
		for range r.IntN(30) {
			g := f
			f = func() {
				defer func() { n++; n-- }()
				g()
			}
		}
		return f
	}
	v := catch(deep(func() { panic(&myError{n}) }))
	e, ok := v.(*myError)
	check(ok && e.n == n, "panics: recovered %v", v)
	var p *node
	_, ok = catch(deep(func() { p.key++ })).(runtime.Error)
	check(ok, "panics: nil")
	s := make([]int, 3)
	v = catch(deep(func() { s[n+3]++ }))
	check(fmt.Sprint(v) == fmt.Sprintf("runtime error: index out of range [%d] with length 3", n+3), "panics: %v", v)
	order := []int{}
	v = catch(func() {
		defer func() { order = append(order, 3); panic(recover()) }()
		defer func() { order = append(order, 2) }()
		order = append(order, 1)
		panic(n)
	})
	check(v == n && slices.Equal(order, []int{1, 2, 3}), "panics: %v, order %v", v, order)
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { check(recover() == nil, "panics: Goexit recovered") }()
		runtime.Goexit()
	}()
	<-done
}

// ---- package sync

var pool = sync.Pool{New: func() any { return new([128]int) }}

func pools(r *rand.Rand) {
	var mine []*[128]int
	for range 1 + r.IntN(20) {
		b := pool.Get().(*[128]int)
		check(b[0] == 0, "pools: two have one object")
		b[0] = 1
		mine = append(mine, b)
	}
	runtime.Gosched()
	for _, b := range mine {
		check(b[0] == 1, "pools: two have one object")
		b[0] = 0
		pool.Put(b)
	}
}

func locks(r *rand.Rand) {
	var mu sync.Mutex
	var rw sync.RWMutex
	var once sync.Once
	var wg sync.WaitGroup
	a, b, inits := 0, 0, 0
	n := 20 + r.IntN(100)
	for k := range 4 {
		wg.Go(func() {
			for i := range n {
				once.Do(func() { inits++ })
				mu.Lock()
				a++
				if i%16 == 0 {
					runtime.Gosched()
				}
				mu.Unlock()
				if k == 0 {
					rw.Lock()
					b++
					rw.Unlock()
				} else {
					rw.RLock()
					_ = b
					rw.RUnlock()
				}
			}
		})
	}
	wg.Wait()
	check(a == 4*n && b == n && inits == 1, "locks: %d %d %d, want %d %d 1", a, b, inits, 4*n, n)
}

func conds(r *rand.Rand) {
	var mu sync.Mutex
	full, empty := sync.NewCond(&mu), sync.NewCond(&mu)
	var queue []int
	n := 50 + r.IntN(100)
	var wg sync.WaitGroup
	sum := 0
	for range 2 {
		wg.Go(func() {
			for i := range n {
				mu.Lock()
				for len(queue) >= 4 {
					empty.Wait()
				}
				queue = append(queue, i)
				full.Signal()
				mu.Unlock()
			}
		})
		wg.Go(func() {
			for range n {
				mu.Lock()
				for len(queue) == 0 {
					full.Wait()
				}
				sum += queue[0]
				queue = queue[1:]
				empty.Broadcast()
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	check(sum == n*(n-1), "conds: %d, want %d", sum, n*(n-1))
}

// ---- the system

func copyThrough(name string, w io.WriteCloser, rd io.Reader, r *rand.Rand) {
	n := 1 + r.IntN(100_000)
	var sent byte
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Int())
		sent += data[i]
	}
	go func() {
		for rest := data; len(rest) > 0; {
			k := min(len(rest), 1+len(rest)/2)
			_, err := w.Write(rest[:k])
			check(err == nil, "%s: %v", name, err)
			rest = rest[k:]
		}
		w.Close()
	}()
	got, err := io.ReadAll(rd)
	check(err == nil, "%s: %v", name, err)
	var sum byte
	for _, b := range got {
		sum += b
	}
	check(len(got) == n && sum == sent, "%s: %d bytes, want %d; sum %d, want %d", name, len(got), n, sum, sent)
}

func pipes(r *rand.Rand) {
	rd, w, err := os.Pipe()
	check(err == nil, "pipes: %v", err)
	if r.IntN(4) == 0 {
		rd.SetReadDeadline(time.Now().Add(time.Duration(r.IntN(1000)) * time.Microsecond))
		_, err := rd.Read(make([]byte, 1))
		check(os.IsTimeout(err), "pipes: %v, want a timeout", err)
		rd.SetReadDeadline(time.Time{})
	}
	copyThrough("pipes", w, rd, r)
	rd.Close()
}

var listener = sync.OnceValue(func() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err == nil, "sockets: %v", err)
	return l
})

// One at a time between dialling and accepting: so both ends belong together.
var dialling sync.Mutex

func sockets(r *rand.Rand) {
	dialling.Lock()
	c, err := net.Dial("tcp", listener().Addr().String())
	check(err == nil, "sockets: %v", err)
	s, err := listener().Accept()
	check(err == nil, "sockets: %v", err)
	dialling.Unlock()
	// A reset instead of TIME_WAIT: ports are few.
	defer func() { s.(*net.TCPConn).SetLinger(0); s.Close() }()
	copyThrough("sockets", c, s, r)
}

func threads(r *rand.Rand) {
	done := make(chan int)
	go func() {
		runtime.LockOSThread()
		if r.IntN(2) == 0 {
			defer runtime.UnlockOSThread()
		}
		time.Sleep(time.Duration(r.IntN(100)) * time.Microsecond)
		done <- 1
	}()
	check(<-done == 1, "threads")
	_, err := os.Stat("/")
	check(err == nil, "threads: %v", err)
}

// ---- stacks and arithmetic

func stacks(r *rand.Rand) {
	var down func(depth int, above *[16]int) int
	down = func(depth int, above *[16]int) int {
		var here [16]int
		here[depth%16] = depth
		if depth == 0 {
			return above[1]
		}
		n := down(depth-1, &here)
		check(here[depth%16] == depth, "stacks: a frame was overwritten")
		return n + 1
	}
	depth := 1 << r.IntN(15)
	done := make(chan int)
	go func() { done <- down(depth, &[16]int{}) }()
	n := <-done
	check(n == depth || n == depth+1, "stacks: %d, want %d", n, depth)
}

func texts(r *rand.Rand) {
	var b strings.Builder
	n := r.IntN(2000)
	for i := range n {
		b.WriteString(string(rune('a' + i%26)))
	}
	s := b.String()
	check(strings.Count(s, "a") == (n+25)/26, "strings: %d letters of %d", strings.Count(s, "a"), n)
	parts := strings.Split(s, "z")
	check(strings.Join(parts, "z") == s, "strings: split and joined")
	check(fmt.Sprintf("%x", []byte(s)) == fmt.Sprintf("%x", s), "strings: hex")
}

// numbers loops without calls, for preemption at any instruction.
func numbers(r *rand.Rand) {
	n := 20_000 + r.IntN(200_000)
	var a, b uint64 = 1, 0
	x := 0.0
	for i := range n {
		a = a*6364136223846793005 + 1442695040888963407
		b += a >> 33 & 1
		x += float64(i)
	}
	again, ones := uint64(1), uint64(0)
	for range n {
		again = again*6364136223846793005 + 1442695040888963407
		ones += again >> 33 & 1
	}
	check(a == again && b == ones && x == float64(n)*float64(n-1)/2, "numbers: %d %d %d %d %g", a, again, b, ones, x)
}
