// A method of a field faults in the method that selects the field, not in the one that reads it.
package main

import (
	"fmt"
	"runtime"
)

type counter struct{ n int }

func (c *counter) get() int { return c.n }

type object struct{ c counter }

func (o *object) first() int {
	return o.c.get()
}

func (o *object) pick(b bool) int {
	if b {
		return 0
	}
	return o.c.get() + 1
}

func where() {
	if recover() == nil {
		return
	}
	pcs := make([]uintptr, 20)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		f, more := frames.Next()
		if f.Line != 0 && len(f.Function) > 5 && f.Function[:5] == "main." {
			fmt.Println(f.Function, f.Line)
		}
		if !more {
			return
		}
	}
}

//go:noinline
func direct(c *counter) int {
	defer where()
	return c.get()
}

//go:noinline
func field(o *object) int {
	defer where()
	return o.first()
}

//go:noinline
func later(o *object, b bool) int {
	defer where()
	return o.pick(b)
}

func main() {
	direct(nil)
	field(nil)
	later(nil, false)
}
