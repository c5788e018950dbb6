package main

import "fmt"

func seq(yield func(int) bool) {
	for i := 1; i <= 4; i++ {
		if !yield(i) {
			return
		}
	}
}

func main() {
	var got []int
	n := 0
again:
	for i := range seq {
		got = append(got, i)
		if n < 2 {
			n++
			goto again
		}
	}
	fmt.Println(got)
}
