package main

var m map[string]int

func main() {
	m["x"] = 1
}
