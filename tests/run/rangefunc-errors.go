package main

import "fmt"

func try(name string, f func()) {
	defer func() { fmt.Println(name+":", recover()) }()
	f()
}

func main() {
	try("after false", func() {
		for range func(yield func(int) bool) { yield(1); yield(2) } {
			break
		}
	})
	var kept func(int) bool
	try("after end", func() {
		for range func(yield func(int) bool) { kept = yield } {
		}
		kept(1)
	})
	try("body panic", func() {
		for range func(yield func(int) bool) { yield(1) } {
			panic("from body")
		}
	})
	try("swallowed", func() {
		for range func(yield func(int) bool) {
			defer func() { recover() }()
			yield(1)
		} {
			panic("swallow me")
		}
	})
	try("again after panic", func() {
		for range func(yield func(int) bool) {
			func() {
				defer func() { recover() }()
				yield(1)
			}()
			yield(2)
		} {
			panic("x")
		}
	})
	try("nil func", func() {
		var f func(func(int) bool)
		for range f {
		}
	})
	try("iterator panics", func() {
		for x := range func(yield func(int) bool) { yield(1); panic("iterator") } {
			fmt.Println(x)
		}
	})
}
