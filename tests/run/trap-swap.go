package main

import "fmt"

type S struct {
	a, b string
	n    int
}

func main() {
	a := []S{{"x", "y", 1}, {"z", "w", 2}}
	a[0], a[1] = a[1], a[0]
	fmt.Println(a)
	x := S{"l", "r", 0}
	x.a, x.b = x.b, x.a
	fmt.Println(x)
	p, q := 1, 2
	for i := 0; i < 3; i++ {
		p, q = q, p
		fmt.Print(p, q, " ")
	}
	fmt.Println()
	u, v, w := 1, 2, 3
	for i := 0; i < 4; i++ {
		u, v, w = v, w, u
		fmt.Print(u, v, w, " ")
	}
	fmt.Println()
	var arr [2][3]int
	arr[0] = [3]int{1, 2, 3}
	arr[0], arr[1] = arr[1], arr[0]
	fmt.Println(arr)
	s := []int{0, 1, 2, 3, 4, 5}
	s2 := append([]int(nil), s...)
	*(*[4]int)(s2[1:]) = *(*[4]int)(s2[:4])
	fmt.Println(s2)
}
