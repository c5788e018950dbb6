// Deferred calls that returns make themselves, and those they can't: conditions, many returns, loops, goto, panics in
// between and in deferred calls, results, line numbers.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
)

func say(args ...any) { fmt.Print(fmt.Sprintln(args...)) }

func conditional(a, b bool) (s string) {
	defer func() { s += "1" }()
	if a {
		defer func() { s += "a" }()
	}
	if !a && b {
		return "early"
	}
	if b {
		x := "b"
		defer func(suffix string) { s += x + suffix }("!")
	}
	return "end"
}

func onlyConditional(a bool) (s string) {
	if a {
		defer func() { s += "a" }()
	}
	return "-"
}

func beforeFirst(n int) (s string) {
	if n == 0 {
		return "none"
	}
	defer func() { s += fmt.Sprint(n) }()
	switch n {
	case 1:
		return "one"
	case 2:
		defer func() { s += "two" }()
	}
	return "more"
}

func manyReturns(n int) (s string) {
	defer func() { s += "x" }()
	defer func() { s += "y" }()
	defer func() { s += "z" }()
	switch n {
	case 0:
		return "0"
	case 1:
		return "1"
	case 2:
		return "2"
	case 3:
		return "3"
	case 4:
		return "4"
	}
	return "5"
}

func nine() (s string) {
	add := func(t string) { s += t }
	defer add("1")
	defer add("2")
	defer add("3")
	defer add("4")
	defer add("5")
	defer add("6")
	defer add("7")
	defer add("8")
	defer add("9")
	return
}

func mixed(n int) (s string) {
	defer func() { s += "first" }()
	for i := range n {
		defer func() { s += fmt.Sprint(i) }()
	}
	defer func() { s += "last" }()
	return ""
}

func jumps(n int) (s string) {
again:
	defer func() { s += fmt.Sprint(n) }()
	n--
	if n > 0 {
		goto again
	}
	return ":"
}

// A panic in a deferred call of a normal return: the others still run, and may recover.
func panicsAtReturn() (s string) {
	defer func() { s += fmt.Sprint("outermost ", recover()) }()
	defer func() { s += fmt.Sprint("recovered ", recover(), "; ") }()
	defer func() { panic("at return") }()
	return "lost? "
}

func panicsTwice() (err error) {
	defer func() { err = errors.Join(err, fmt.Errorf("%v", recover())) }()
	defer func() {
		defer func() { panic(fmt.Sprint("second after ", recover())) }()
		panic("first")
	}()
	return errors.New("returned")
}

func lastPanics() { defer panic("the last one"); say("body") }

func nilFunc() {
	var f func()
	defer say("runs before")
	defer f()
	say("body of nilFunc")
}

type T struct{ n int }

func (t T) Value(k int)    { say("value", t.n, k) }
func (t *T) Pointer(k int) { say("pointer", t.n, k) }

type big struct{ a [20]int }

func (b big) show() { say("big", b.a[0], b.a[19]) }

func receivers() {
	t := T{1}
	b := big{}
	b.a[19] = 5
	var i interface{ Value(int) } = t
	defer t.Value(10)
	defer t.Pointer(11)
	defer i.Value(12)
	defer b.show()
	defer (*T).Pointer(&t, 13)
	f := t.Value
	defer f(14)
	t.n = 2
	b.a[19] = 6
	defer delete(map[int]int{}, 1)
	defer copy(make([]int, 1), []int{1})
	defer fmt.Fprintln(os.Stdout, "variadic", 1, t)
}

func goexit() {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { say("goexit", recover()) }()
		func() {
			defer say("inner")
			runtime.Goexit()
		}()
	}()
	<-done
}

func where() string {
	var pcs [8]uintptr
	n := runtime.Callers(2, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	var out []string
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "main.") {
			out = append(out, fmt.Sprint(strings.TrimPrefix(f.Function, "main."), ":", f.Line))
		}
		if !more {
			return strings.Join(out, " ")
		}
	}
}

func lines(early bool) {
	defer func() {
		say(where())
	}()
	if early {
		return
	}
	say("late")
}

func linesPanicking() {
	defer func() { recover() }()
	defer func() {
		say(where())
	}()
	panic(1)
}

var mu sync.Mutex
var count int

func locked() int {
	mu.Lock()
	defer mu.Unlock()
	count++
	return count
}

func nested(depth int) (n int) {
	defer func() { n++ }()
	if depth == 0 {
		return 0
	}
	defer func() { n += nested(depth - 1) }()
	return 0
}

func try(f func()) {
	defer func() {
		if r := recover(); r != nil {
			say("recovered:", r)
		}
	}()
	f()
}

func main() {
	for i := range 4 {
		say(conditional(i&1 != 0, i&2 != 0))
	}
	say(onlyConditional(false), onlyConditional(true))
	say(beforeFirst(0), beforeFirst(1), beforeFirst(2), beforeFirst(3))
	for i := range 6 {
		fmt.Print(manyReturns(i), " ")
	}
	say(nine(), mixed(3), jumps(3))
	say(panicsAtReturn())
	say(panicsTwice())
	try(lastPanics)
	try(nilFunc)
	receivers()
	goexit()
	lines(true)
	lines(false)
	linesPanicking()
	for range 3 {
		locked()
	}
	say(locked(), nested(3))
	defer say("main's own")
	defer func() {
		defer say("before the end")
		say("recovered in main:", recover())
	}()
	var m map[string]int
	m["x"] = 1
}
