// Arrays and structs with one element or none travel in registers.
package main

import "fmt"

type one [1]int
type s1 struct{ a [1]string }
type none [0]int
type e struct{}

func f(a one, b s1, c none, d e, x [1][1]float64) (one, s1, none, e, [1][1]float64) {
	i := 0
	a[i]++
	b.a[i] += "!"
	x[i][i] *= 2
	return a, b, c, d, x
}

func main() {
	a, b, c, d, x := f(one{1}, s1{[1]string{"s"}}, none{}, e{}, [1][1]float64{{1.5}})
	fmt.Println(a, b, c, d, x)
	var i any = a
	var j any = b
	fmt.Println(i == any(one{2}), j == any(s1{[1]string{"s!"}}), i.(one)[0])
	m := map[one]s1{a: b}
	fmt.Println(m)
	ch := make(chan one, 2)
	ch <- a
	fmt.Println(<-ch)
	p := &a[0]
	*p = 7
	fmt.Println(a)
	for i, v := range a {
		fmt.Println(i, v)
	}
}
