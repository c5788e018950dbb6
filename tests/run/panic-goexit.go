package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	run := func(name string, f func()) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { fmt.Println(name, "last recover:", recover()) }()
			f()
			fmt.Println(name, "not reached?")
		}()
		wg.Wait()
	}
	run("goexit", func() { runtime.Goexit() })
	run("goexit in deferred", func() {
		defer runtime.Goexit()
		panic("lost")
	})
	run("panic during goexit", func() {
		defer func() { fmt.Println("got", recover()) }()
		defer func() { panic("during") }()
		runtime.Goexit()
	})
	run("normal", func() {})
}
