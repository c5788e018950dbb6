// WriteHeapDump: the dump can be read back, and has what the program made.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
)

type node struct {
	next *node
	name string
}

var kept *node

// reader takes numbers and texts off a dump.
type reader struct{ b []byte }

func (r *reader) num() uint64 {
	v, n := binary.Uvarint(r.b)
	r.b = r.b[n:]
	return v
}

func (r *reader) nums(n int) []uint64 {
	list := make([]uint64, n)
	for i := range list {
		list[i] = r.num()
	}
	return list
}

func (r *reader) text() string {
	n := r.num()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// fields reads the offsets of pointers.
func (r *reader) fields() (list []uint64) {
	for {
		kind := r.num()
		if kind == 0 {
			return
		}
		list = append(list, r.num())
	}
}

//go:noinline
func waiting(c chan int) { <-c }

func main() {
	for i := range 100 {
		kept = &node{kept, fmt.Sprint("node number ", i)}
	}
	runtime.SetFinalizer(kept, func(*node) {})
	c := make(chan int)
	go waiting(c)
	for buf := make([]byte, 64<<10); !bytes.Contains(buf[:runtime.Stack(buf, true)], []byte("[chan receive]")); {
		runtime.Gosched()
	}
	f, err := os.CreateTemp("", "dump")
	if err != nil {
		panic(err)
	}
	defer os.Remove(f.Name())
	debug.WriteHeapDump(f.Fd())
	b, _ := os.ReadFile(f.Name())
	const head = "go1.7 heap dump\n"
	fmt.Println(bytes.HasPrefix(b, []byte(head)))
	r := &reader{b[len(head):]}
	objects := map[uint64]string{}
	pointers := map[uint64][]uint64{}
	states := map[string]int{}
	frames := map[string]bool{}
	count := map[uint64]int{}
	for tag := uint64(1); tag != 0; {
		tag = r.num()
		count[tag]++
		switch tag {
		case 0:
		case 1:
			at := r.num()
			objects[at] = r.text()
			pointers[at] = r.fields()
		case 3:
			r.nums(2)
			r.text()
			r.num()
		case 4:
			r.nums(8)
			states[r.text()]++
			r.nums(4)
		case 5:
			r.nums(3)
			r.text()
			r.nums(3)
			frames[r.text()] = true
			r.fields()
		case 6:
			order, size := r.num(), r.num()
			r.nums(2)
			fmt.Println(order, size, r.text(), r.text() != "", r.num() > 0)
		case 7, 11:
			r.nums(5)
		case 8:
			r.nums(2)
		case 9:
			r.nums(3)
		case 10:
			r.nums(24 + 256 + 1)
		case 12, 13:
			r.num()
			r.text()
			r.fields()
		case 14:
			r.nums(7)
		case 15:
			r.nums(6)
		case 16:
			r.nums(2)
			for range r.num() {
				r.text()
				r.text()
				r.num()
			}
			r.nums(2)
		case 17:
			r.nums(2)
		default:
			fmt.Println("tag", tag)
			return
		}
	}
	fmt.Println("left", len(r.b), count[6], count[10], count[12], count[13], count[7] > 0, count[9] > 0)
	// The list can be followed through the dump.
	n := 0
	for at := uint64(address(kept)); at != 0; n++ {
		o, ok := objects[at]
		if !ok || len(pointers[at]) < 1 || pointers[at][0] != 0 {
			fmt.Println("broken at", n)
			break
		}
		at = binary.LittleEndian.Uint64([]byte(o))
	}
	fmt.Println("nodes", n, states["chan receive"] >= 1, frames["main.waiting"])
	close(c)
}

func address(p *node) uintptr { return reflect.ValueOf(p).Pointer() }
