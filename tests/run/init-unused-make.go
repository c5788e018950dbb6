// The slice that nothing uses doesn't fit into memory.
package main

var unused = make([]int, 1<<60)

func main() {}
