package main

import "fmt"

func c() int { fmt.Print("c "); return 1 }

func ch() chan [3]int {
	x := make(chan [3]int, 1)
	x <- [3]int{}
	return x
}

func main() {
	fmt.Println(len([2]int{c(), 1}))
	var p *[3]int
	fmt.Println(len(p), cap(p))
	for i := range p {
		fmt.Print(i, " ")
	}
	fmt.Println()
	x := ch()
	fmt.Println(len(<-x), len(x))
	func() {
		defer func() { fmt.Println(recover()) }()
		for i, v := range p {
			fmt.Println(i, v)
		}
	}()
	const k = len([10]int{})
	var arr [k]bool
	fmt.Println(len(arr))
}
