package main

import "fmt"

func main() {
	b := []byte("foo")
	m := map[string]int{}
	for m[string(b)] = range "foo" {
	}
	b[0] = 'b'
	fmt.Println(m)
	m[string(b)] = 7
	b[0] = 'z'
	fmt.Println(m, m["boo"])
	switch string(b) {
	case "zoo":
		fmt.Println("zoo")
	}
	a := []int{1, 2}
	fmt.Println(&a[0] == &a[:][0])
	s := string(b)
	b[0] = 'x'
	fmt.Println(s, string(b))
}
