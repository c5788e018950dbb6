// Initialisers of variables that nothing uses, but that call something.
package main

import "fmt"

func f(s string) int {
	fmt.Println(s)
	return 1
}

var a = new(f("new"))
var b = map[int]int{f("key"): 1}
var c = [...]int{f("element")}
var d = struct{ x, y int }{y: f("field")}
var e = any(f("interface"))

func main() { fmt.Println("main") }
