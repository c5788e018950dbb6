package main

import "os"

func at(s []int, i int) int { return s[i] }

func main() {
	at([]int{1, 2}, len(os.Args)+4)
}
