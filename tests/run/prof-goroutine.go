// Goroutine profiles in all three forms, with labels; threads; profiles of the program's own.
package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

func wait(c chan int) { <-c }

func text(name string, debug int) string {
	var buf bytes.Buffer
	if err := pprof.Lookup(name).WriteTo(&buf, debug); err != nil {
		return err.Error()
	}
	return buf.String()
}

func find(in, re string) bool { return regexp.MustCompile(re).MatchString(in) }

func main() {
	c := make(chan int)
	for range 3 {
		go wait(c)
	}
	pprof.Do(context.Background(), pprof.Labels("job", "index", "odd key", "a\"b\n\x01é"), func(context.Context) {
		for range 2 {
			go wait(c)
		}
	})
	time.Sleep(5 * time.Millisecond)
	one := text("goroutine", 1)
	fmt.Println(find(one, `^goroutine profile: total 6\n`), find(one, `(?m)^3 @( 0x[0-9a-f]+)+$`), find(one, `(?m)^2 @( 0x[0-9a-f]+)+$`))
	fmt.Println(find(one, `(?m)^# labels: \{"job":"index", "odd key":"a\\"b\\n\\x01é"\}$`))
	fmt.Println(strings.Count(one, "main.wait+0x"), strings.Count(one, "main.main+0x"))
	two := text("goroutine", 2)
	fmt.Println(strings.Count(two, "[chan receive]:\nmain.wait("), strings.Count(two, "created by main.main in goroutine 1"))
	fmt.Println(regexp.MustCompile(`(?m)^goroutine \d+ (\[chan receive\] .*):$`).FindStringSubmatch(two)[1])
	zero := text("goroutine", 0)
	fmt.Println(strings.HasPrefix(zero, "\x1f\x8b"), pprof.Lookup("goroutine").Count())

	p := make([]runtime.StackRecord, 10)
	n, ok := runtime.GoroutineProfile(p)
	full := 0
	for _, r := range p[:n] {
		if len(r.Stack()) > 0 {
			full++
		}
	}
	fmt.Println(n, ok, full)
	n, ok = runtime.GoroutineProfile(p[:2])
	fmt.Println(n, ok)
	close(c)
	for runtime.NumGoroutine() > 1 {
		time.Sleep(time.Millisecond)
	}

	n, ok = runtime.ThreadCreateProfile(nil)
	fmt.Println(n > 0, ok, strings.HasPrefix(text("threadcreate", 1), "threadcreate profile: total "), pprof.Lookup("threadcreate").Count() > 0)

	own := pprof.NewProfile("files")
	for i := range 5 {
		own.Add(i, 0)
	}
	own.Remove(2)
	fmt.Println(own.Count(), find(text("files", 1), `(?s)^files profile: total 4\n4 @ .*main\.main`))
	func() {
		defer func() { fmt.Println(recover()) }()
		own.Add(1, 0)
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		pprof.NewProfile("heap")
	}()
	fmt.Println(pprof.Lookup("none") == nil)
}
