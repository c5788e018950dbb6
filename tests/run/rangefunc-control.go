package main

import (
	"fmt"
	"iter"
	"maps"
	"slices"
)

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer fmt.Print("[end ", n, "] ")
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func find(n int) (r string) {
	defer func() { r += "+deferred" }()
	for i := range count(10) {
		for j := range count(10) {
			if i*j == n {
				return fmt.Sprint(i, "*", j)
			}
		}
	}
	return "none"
}

func defers() {
	for i := range count(3) {
		defer fmt.Print("d", i, " ")
	}
	fmt.Print("body ends ")
}

func labels() {
outer:
	for i := range count(4) {
		for j := range count(4) {
			if j == 2 {
				continue outer
			}
			if i == 2 {
				break outer
			}
			fmt.Print(i, j, " ")
		}
	}
	fmt.Println()
}

func gotos() {
	for i := range count(5) {
		if i == 2 {
			goto done
		}
	}
	fmt.Println("not reached")
done:
	fmt.Println("done")
}

func pull() {
	next, stop := iter.Pull(count(3))
	for {
		v, ok := next()
		if !ok {
			break
		}
		fmt.Print(v, " ")
	}
	stop()
	next2, stop2 := iter.Pull2(maps.All(map[string]int{"a": 1}))
	k, v, ok := next2()
	fmt.Println(k, v, ok)
	stop2()
}

func closures() {
	var fs []func() int
	sum := 0
	for i := range count(3) {
		sum += i
		fs = append(fs, func() int { i *= 10; return i + sum })
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println()
}

func main() {
	fmt.Println(find(12))
	fmt.Println(find(97))
	defers()
	fmt.Println()
	labels()
	gotos()
	pull()
	closures()
	for i, v := range slices.Backward([]string{"a", "b"}) {
		fmt.Print(i, v, " ")
	}
	fmt.Println(slices.Collect(maps.Values(map[int]int{1: 2})))
	for range func(yield func() bool) { _ = yield() && yield() } {
		fmt.Print("! ")
	}
	fmt.Println()
}
