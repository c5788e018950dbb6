// The copy to the next iteration's variable is made before the post statement.
package main

import "fmt"

func main() {
	var order []string
	var fs []func() string
	add := func(tag string, p *int) bool {
		fs = append(fs, func() string { return fmt.Sprint(tag, *p) })
		return true
	}
	for i := 0; add("c", &i) && i < 3; func() { add("p", &i); i++ }() {
		add("b", &i)
	}
	for _, f := range fs {
		order = append(order, f())
	}
	fmt.Println(order)
	i := 0
	var shared []func() int
	for ; i < 3; i++ {
		shared = append(shared, func() int { return i })
	}
	for _, f := range shared {
		fmt.Print(f(), " ")
	}
	fmt.Println()
}
