// The initialiser of a variable that nothing uses panics.
package main

var sl = []int{1}

var unused = [2]int(sl)

func main() {}
