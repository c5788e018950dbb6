// Network goroutines get their turn beside such that compute: when those have used up a time slice, or sooner.
package main

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"time"
)

func echo(l net.Listener) {
	c, err := l.Accept()
	if err != nil {
		panic(err)
	}
	io.Copy(c, c)
}

func talk(n int) time.Duration {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	go echo(l)
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	defer c.Close()
	start := time.Now()
	var b [1]byte
	for i := range n {
		b[0] = byte(i)
		if _, err := c.Write(b[:]); err != nil {
			panic(err)
		}
		b[0] = 0
		if _, err := io.ReadFull(c, b[:]); err != nil || b[0] != byte(i) {
			panic(fmt.Sprint(i, b[0], err))
		}
	}
	return time.Since(start)
}

func main() {
	for _, procs := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(procs)
		stop := make(chan bool)
		for range procs {
			go func() {
				for x := 0; ; x++ {
					if x%1_000_000 == 0 {
						select {
						case <-stop:
							return
						default:
						}
					}
				}
			}()
		}
		d := talk(10)
		// Timers, too.
		time.Sleep(time.Millisecond)
		rang := make(chan bool)
		time.AfterFunc(time.Millisecond, func() { rang <- true })
		fmt.Println(procs, d < 10*time.Second, <-rang)
		close(stop)
	}
}
