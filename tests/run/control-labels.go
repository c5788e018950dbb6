package main

import "fmt"

func main() {
outer:
	for i := 0; i < 4; i++ {
		switch {
		case i == 1:
			continue outer
		case i == 3:
			break outer
		}
		for j := 0; ; j++ {
			if j == 2 {
				continue outer
			}
			fmt.Print(i, j, " ")
		}
	}
	fmt.Println()
	i := 0
loop:
	if i < 3 {
		fmt.Print("g", i, " ")
		i++
		goto loop
	}
	fmt.Println()
sw:
	switch i {
	case 3:
		for {
			if i > 5 {
				break sw
			}
			i++
		}
	}
	fmt.Println(i)
blk:
	switch {
	default:
		if i > 0 {
			break blk
		}
		fmt.Println("never")
	}
	c := make(chan int, 1)
sel:
	for {
		select {
		case c <- 1:
			continue sel
		default:
			break sel
		}
	}
	fmt.Println(len(c))
	for a, b := 0, 10; a < b; a, b = a+1, b-2 {
		fmt.Print(a, b, " ")
	}
	fmt.Println()
	goto end
end:
	fmt.Println("end")
}
