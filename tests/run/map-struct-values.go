package main

import "fmt"

type big struct {
	a [20]int
	s string
}

func main() {
	m := map[string]big{}
	b := big{s: "x"}
	b.a[3] = 5
	m["k"] = b
	b.a[3] = 6
	fmt.Println(m["k"].a[3], m["none"].s == "", m["k"].s)
	c := m["k"]
	c.s = "changed"
	fmt.Println(m["k"].s)
	p := map[string]*big{"p": &c}
	p["p"].a[0]++
	p["p"].s += "!"
	fmt.Println(c.a[0], c.s)
	bk := map[[40]int]int{}
	var key [40]int
	bk[key] = 1
	key[39] = 1
	bk[key] = 2
	fmt.Println(len(bk), bk[key], bk[[40]int{}])
	e := map[struct{}]int{}
	e[struct{}{}]++
	e[struct{}{}]++
	fmt.Println(e)
	set := map[int]struct{}{1: {}, 2: {}}
	_, ok := set[2]
	fmt.Println(len(set), ok)
	i8 := map[int8]int8{}
	for i := range 256 {
		i8[int8(i)] = int8(i) / 2
	}
	fmt.Println(len(i8), i8[-128])
}
