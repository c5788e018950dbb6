// Variables are read after the calls of the same expression.
package main

import "fmt"

type pair struct{ x, y int }

func add(a, b int) int { return 100*a + b }

func main() {
	{
		a := 1
		f := func() int { a++; return a }
		fmt.Println([]int{a, f()})
	}
	{
		a := 1
		f := func() int { a++; return a }
		fmt.Println(add(a, f()))
	}
	{
		a := 1
		f := func() int { a++; return a }
		y, z := a, f()
		fmt.Println(y, z)
	}
	{
		a := 1
		f := func() int { a++; return a }
		fmt.Println(pair{a, f()})
	}
	{
		a := 1
		f := func() int { a++; return a }
		fmt.Println(a + f())
	}
	{
		a := 1
		f := func() int { a++; return a }
		m := map[int]int{a: 1, a: f()}
		fmt.Println(m)
	}
	{
		a := 1
		f := func() int { a++; return a }
		arr := [3]int{a, f(), a}
		fmt.Println(arr)
	}
}
