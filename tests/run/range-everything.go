package main

import "fmt"

func gen(n int) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i := range n {
			if !yield(i, fmt.Sprint("v", i)) {
				fmt.Println("stopped")
				return
			}
		}
	}
}

func main() {
	for i := range 3 {
		fmt.Print(i, " ")
	}
	for range 2 {
		fmt.Print("x ")
	}
	var n8 int8 = 3
	for i := range n8 {
		fmt.Printf("%T%d ", i, i)
	}
	for i := range -5 {
		fmt.Print("never", i)
	}
	fmt.Println()
	s := []int{1, 2, 3}
	for i, v := range s {
		if i == 0 {
			s = append(s, 4)
			s[2] = 30
		}
		fmt.Print(i, v, " ")
	}
	for i := range s {
		fmt.Print(i)
	}
	fmt.Println()
	for i, r := range "aé世\xff" {
		fmt.Print(i, " ", string(r), " ")
	}
	for range "abc" {
		fmt.Print(".")
	}
	fmt.Println()
	c := make(chan int, 5)
	c <- 1
	c <- 2
	close(c)
	for v := range c {
		fmt.Print(v, " ")
	}
	fmt.Println()
	for i, v := range gen(5) {
		if i == 1 {
			continue
		}
		if i == 3 {
			break
		}
		fmt.Print(i, v, " ")
	}
	for range gen(2) {
		fmt.Print("y ")
	}
	for i := range gen(2) {
		fmt.Print(i, " ")
	}
	fmt.Println()
	var i int
	var v string
	for i, v = range gen(3) {
	}
	fmt.Println(i, v)
	for i = range 10 {
		if i == 7 {
			break
		}
	}
	fmt.Println(i)
	arr := [3]int{1, 2, 3}
	for i, v := range arr {
		arr[2] = 10
		fmt.Print(i, v, " ")
	}
	var nilm map[int]int
	for range nilm {
		fmt.Println("never")
	}
	var nils []int
	for range nils {
		fmt.Println("never")
	}
	fmt.Println()
}
