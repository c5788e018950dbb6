// Timers live in heaps of Ps, where Stop and Reset only mark them: what was marked must not show.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Reset to earlier and to later, in any order: each fires by its last time, once, and not before.
func order() {
	const n = 200
	var early, fired atomic.Int64
	var due [n]atomic.Pointer[time.Time]
	var wg sync.WaitGroup
	wg.Add(n)
	timers := make([]*time.Timer, n)
	for i := range timers {
		timers[i] = time.AfterFunc(time.Hour+time.Duration(i*37%n)*time.Second, func() {
			if time.Now().Before(*due[i].Load()) {
				early.Add(1)
			}
			fired.Add(1)
			wg.Done()
		})
	}
	for i, t := range timers {
		t.Reset(3*time.Hour - time.Duration(i)*30*time.Second)
		if i%3 == 0 {
			t.Stop()
		}
	}
	for k := range timers {
		i := k * 71 % n
		at := time.Now().Add(time.Duration(i/20) * time.Millisecond)
		due[i].Store(&at)
		timers[i].Reset(time.Until(at))
	}
	wg.Wait()
	fmt.Println("order", fired.Load(), early.Load())
}

// Stop and Reset by other goroutines while the timer fires: each start is either stopped or fires.
func races() {
	var fired, stopped, started atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			t := time.AfterFunc(time.Microsecond, func() { fired.Add(1) })
			started.Add(1)
			for k := range 2000 {
				if (i+k)%3 == 0 {
					if t.Stop() {
						stopped.Add(1)
					}
				}
				d := time.Duration(k*k%50) * time.Microsecond
				if t.Reset(d) {
					stopped.Add(1)
				}
				started.Add(1)
				if k%64 == 0 {
					time.Sleep(d)
				}
			}
		})
	}
	wg.Wait()
	for range 1000 {
		if fired.Load()+stopped.Load() >= started.Load() {
			break
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(5 * time.Millisecond)
	fmt.Println("races", fired.Load()+stopped.Load() == started.Load())
}

// Ps go away with timers and sleepers.
func procs() {
	old := runtime.GOMAXPROCS(8)
	defer runtime.GOMAXPROCS(old)
	var fired atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for k := range 10 {
				time.AfterFunc(time.Duration(k)*time.Millisecond, func() { fired.Add(1) })
				time.AfterFunc(time.Duration(k)*time.Millisecond+time.Hour, func() { fired.Add(1000) }).Stop()
				time.Sleep(time.Duration((i+k)%4) * time.Millisecond)
			}
		})
	}
	for n := range 24 {
		runtime.GOMAXPROCS(1 + n*5%8)
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	for i := 0; i < 1000 && fired.Load() < 640; i++ {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("procs", fired.Load())
}

// The program sleeps for long; a goroutine that waits in a system call comes back and starts an earlier timer.
func early() {
	r, w, _ := os.Pipe()
	far := time.AfterFunc(time.Hour, func() {})
	go func() {
		time.Sleep(20 * time.Millisecond)
		w.Write([]byte{1})
	}()
	r.Read(make([]byte, 1))
	begin := time.Now()
	done := make(chan bool)
	far.Reset(5 * time.Millisecond)
	time.AfterFunc(10*time.Millisecond, func() { close(done) })
	<-done
	far.Stop()
	fmt.Println("early", time.Since(begin) < 10*time.Second)
}

// Deadlines that are renewed again and again, taken back, and passed.
func deadlines() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		c, _ := l.Accept()
		b := make([]byte, 1)
		for {
			if _, err := c.Read(b); err != nil {
				return
			}
			c.Write(b)
		}
	}()
	c, _ := net.Dial("tcp", l.Addr().String())
	b := make([]byte, 1)
	for i := range 2000 {
		c.SetDeadline(time.Now().Add(time.Hour - time.Duration(i%7)*time.Minute))
		if i%10 == 0 {
			c.Write(b)
			c.Read(b)
		}
	}
	c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	_, err = c.Read(b)
	fmt.Println("passed", os.IsTimeout(err))
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	c.SetReadDeadline(time.Time{})
	time.Sleep(5 * time.Millisecond)
	c.Write(b)
	_, err = c.Read(b)
	fmt.Println("taken back", err)
	c.SetReadDeadline(time.Now().Add(time.Hour))
	time.AfterFunc(5*time.Millisecond, func() { c.SetReadDeadline(time.Now().Add(time.Millisecond)) })
	_, err = c.Read(b)
	fmt.Println("moved", os.IsTimeout(err))
	c.Close()
	l.Close()
}

// What is stopped keeps nothing alive.
func collected() {
	var gone atomic.Int64
	func() {
		for range 100 {
			b := new([1 << 12]byte)
			runtime.AddCleanup(b, func(int) { gone.Add(1) }, 0)
			t := time.AfterFunc(time.Hour, func() { b[0]++ })
			t.Reset(2 * time.Hour)
			t.Stop()
		}
	}()
	for i := 0; i < 500 && gone.Load() < 90; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	fmt.Println("collected", gone.Load() >= 90)
}

func main() {
	order()
	races()
	procs()
	early()
	deadlines()
	collected()
}
