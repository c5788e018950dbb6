package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

type myErr struct{ code int }

func (e *myErr) Error() string { return fmt.Sprint("code ", e.code) }

func catch(f func()) (r any) {
	defer func() { r = recover() }()
	f()
	return "no panic"
}

func rethrow() {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprint("again: ", r))
		}
	}()
	panic("first")
}

func deep(n int) {
	if n == 0 {
		panic(&myErr{7})
	}
	defer func() { depth++ }()
	deep(n - 1)
}

var depth int

func main() {
	fmt.Println(catch(func() { panic("s") }))
	fmt.Println(catch(func() { panic(42) }))
	fmt.Println(catch(func() { panic(errors.New("e")) }))
	fmt.Println(catch(rethrow))
	fmt.Println(catch(func() { deep(100) }), depth)
	fmt.Println(catch(func() {}))
	r := catch(func() { var m map[string]int; m["a"] = 1 })
	_, isRt := r.(runtime.Error)
	fmt.Println(r, isRt)
	var me *myErr
	err, _ := catch(func() { deep(1) }).(error)
	fmt.Println(errors.As(err, &me), me.code)
	fmt.Println(catch(func() {
		defer func() { panic("second") }()
		panic("first")
	}))
	fmt.Println(catch(func() {
		defer func() { fmt.Println("inner:", recover()) }()
		defer func() { panic("replaces") }()
		panic("replaced")
	}))
	fmt.Println(catch(func() {
		defer func() {
			defer func() { fmt.Println("newer:", recover()) }()
			panic("newer")
		}()
		panic("older")
	}))
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		panic("in goroutine")
	}()
	fmt.Println(<-done)
	go func() {
		defer func() { done <- recover() }()
		defer fmt.Println("goexit runs defers")
		runtime.Goexit()
	}()
	fmt.Println(<-done)
	_, err = os.Open("/nonexistent/file")
	fmt.Println(err)
}
