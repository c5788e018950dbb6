package main

import "fmt"

func f(n int) string {
	switch {
	case n < 0:
		return "neg"
	case n == 0:
		return "zero"
	case n < 10:
		return "small"
	}
	return "big"
}

func g(n int) (s string) {
	switch n {
	default:
		s += "default "
		fallthrough
	case 1:
		s += "one "
	case 2, 3, 4:
		s += "few "
		if n == 3 {
			break
		}
		s += "not3 "
		fallthrough
	case 100:
		s += "hundred"
	}
	return
}

func str(s string) int {
	switch s {
	case "a", "b":
		return 1
	case "hello":
		return 2
	case "":
		return 3
	case "a long string that needs comparing", "another one":
		return 4
	}
	return 0
}

func sparse(n int64) int {
	switch n {
	case -1 << 63:
		return 1
	case 1 << 40:
		return 2
	case 5, 7, 9, 11, 13, 15, 17:
		return 3
	}
	return 0
}

func main() {
	fmt.Println(f(-1), f(0), f(5), f(50))
	for _, n := range []int{0, 1, 2, 3, 4, 100} {
		fmt.Println(n, g(n))
	}
	fmt.Println(str("a"), str("hello"), str(""), str("another one"), str("x"))
	fmt.Println(sparse(-1<<63), sparse(1<<40), sparse(9), sparse(10))
	switch x := f(3); x {
	case "small":
		x := "shadow"
		fmt.Println(x)
	}
	var i any = 5
	switch i {
	case "5":
		fmt.Println("string")
	case 5:
		fmt.Println("int")
	}
	switch {
	}
	switch 1.5 {
	case 3 / 2.0:
		fmt.Println("float")
	}
	switch e := error(nil); e {
	case nil:
		fmt.Println("nil error")
	}
	switch [2]int{1, 2} {
	case [2]int{1, 2}:
		fmt.Println("array")
	}
	switch true {
	case false:
	case true:
		fmt.Println("true")
	}
}
