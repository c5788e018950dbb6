package main

import "fmt"

var byRune = map[rune]byte{'a': 1, 'é': 2, '世': 3}
var nested = map[string]map[int][]string{"x": {1: {"a", "b"}, 2: nil}, "y": {}}
var structs = map[struct{ a, b int }]*struct{ s string }{{1, 2}: {"one two"}, {3, 4}: {"three four"}}
var arrays = [...]string{2: "two", 5: "five"}
var funcs = map[string]func(int) int{"dbl": func(n int) int { return 2 * n }, "neg": func(n int) int { return -n }}
var floats = map[float64]string{0.5: "half", 1e100: "big"}
var bools = map[bool][2]int8{true: {1, 2}}

func main() {
	fmt.Println(byRune['é'], byRune['世'], len(byRune))
	fmt.Println(nested)
	fmt.Println(structs[struct{ a, b int }{3, 4}].s)
	fmt.Printf("%q\n", arrays)
	fmt.Println(funcs["dbl"](21), funcs["neg"](3))
	fmt.Println(floats[0.5], bools[true])
}
