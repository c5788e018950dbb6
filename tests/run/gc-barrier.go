// Lists that goroutines change while the collector marks: what is only reachable by a pointer that is overwritten must live.
package main

import (
	"fmt"
	"sync"
)

type N struct {
	next *N
	v    [4]int
}

var lists [16]*N

func main() {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 300000 {
				k := (i*7 + w*4) % 4
				n := &N{next: lists[w*4+k]}
				n.v[0] = i
				// move the tail from one list to another
				if i%5 == 0 {
					t := lists[w*4]
					lists[w*4] = lists[w*4+1]
					lists[w*4+1] = t
				}
				if i%100 == 0 {
					lists[w*4+k] = nil
				} else {
					lists[w*4+k] = n
				}
				// steal the tail
				if m := lists[w*4+(i+1)%4]; m != nil && m.next != nil {
					t := m.next
					m.next = nil
					t.v[1] = i
					lists[w*4+(i+2)%4] = t
				}
			}
		}()
	}
	wg.Wait()
	fmt.Println("done")
}
