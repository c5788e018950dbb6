package main

import "fmt"

func change(a [4]int) [4]int { a[0] = 9; return a }

func main() {
	a := [...]int{1, 2, 3, 4}
	b := a
	b[0] = 100
	fmt.Println(a, b, a == b, a == [4]int{1, 2, 3, 4}, change(a), a)
	var m [2][3]string
	m[1][2] = "x"
	n := m
	n[0][0] = "y"
	fmt.Printf("%q %q\n", m, n)
	p := &a
	for i := range p {
		p[i] *= 2
	}
	fmt.Println(*p, len(p), p[1:3])
	i := 2
	a[i], a[i+1] = a[i+1], a[i]
	fmt.Println(a)
	sparse := [10]int{2: 1, 5: 7, 8}
	fmt.Println(sparse)
	for i, v := range a {
		a[3] = 1000
		if i == 3 {
			fmt.Println(v)
		}
	}
	for i, v := range &a {
		a[3] = 2000
		if i == 3 {
			fmt.Println(v)
		}
	}
	type T struct{ arr [2]T2 }
	var t T
	t.arr[1].x = 5
	fmt.Println(t)
	var zero [0]int
	fmt.Println(len(zero), zero)
	big := [1000]int{999: 5}
	c := big
	c[999]++
	fmt.Println(big[999], c[999])
}

type T2 struct{ x int }
