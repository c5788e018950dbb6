package main

import "fmt"

func main() {
	var fs []func() int
	for i := 1; i <= 3; i++ {
		v := i
		switch {
		case v > 0:
			fs = append(fs, func() int { return v })
		}
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println()
	addrs := map[*int]bool{}
	for i := 0; i < 4; i++ {
		local := i
		addrs[&local] = true
	}
	fmt.Println(len(addrs))
	var get func() int
	n := 0
	for low, high := 0, 10; ; {
		get = func() int { return low }
		mid := (low + high) / 2
		if low > 8 || n > 10 {
			break
		}
		low = mid + 1
		n++
	}
	fmt.Println(get(), n)
	var cs []func()
	for i := 0; i < 3; i++ {
		cs = append(cs, func() { i += 10; fmt.Print(i, " ") })
	}
	for _, c := range cs {
		c()
		c()
	}
	fmt.Println()
}

var pkgLevel = func(n int) int { return n * 2 }

func init() { fmt.Println(pkgLevel(21)) }
