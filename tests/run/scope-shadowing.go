package main

import "fmt"

type int32 string

const nil2 = 0

func len2(x []int) int { return len(x) }

var x = "package"

func f() (x int) {
	{
		x := "inner"
		_ = x
	}
	if x := 5; x > 3 {
		x++
		_ = x
	} else if y := x; y > 0 {
		_ = y
	}
	return x
}

func main() {
	true := false
	fmt.Println(true, x, f())
	len := func(s string) int { return 1000 }
	fmt.Println(len("abc"))
	var v int32 = "shadowed type"
	fmt.Println(v)
	x := x + " local"
	fmt.Println(x)
	for x := 0; x < 2; x++ {
		x := x * 10
		fmt.Print(x, " ")
	}
	fmt.Println(x)
	a, err := 1, error(nil)
	b, err := 2, fmt.Errorf("e")
	fmt.Println(a, b, err)
	type T struct{ T int }
	T2 := T{T: 3}
	fmt.Println(T2.T)
	iota := 7
	const c = 5
	fmt.Println(iota, c)
	func() {
		type string int
		var s string = 5
		fmt.Println(s)
	}()
	new, make, append := 1, 2, 3
	fmt.Println(new, make, append)
}
