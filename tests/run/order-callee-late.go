// Which function is called is decided after the arguments' calls, if it is a variable.
package main

import "fmt"

var g = func(n int) string { return fmt.Sprint("old ", n) }

func h() int {
	g = func(n int) string { return fmt.Sprint("new ", n) }
	return 7
}

func f() func(string) string {
	fmt.Println("f")
	return func(s string) string { return "<" + s + ">" }
}

func k() string {
	fmt.Println("k")
	return "k"
}

func main() {
	fmt.Println(g(h()))
	fmt.Println(f()(k()))
}
