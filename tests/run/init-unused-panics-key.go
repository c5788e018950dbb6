// The key of a map that nothing uses has no hash.
package main

var key any = []int{1}

var unused = map[any]int{key: 1}

func main() {}
