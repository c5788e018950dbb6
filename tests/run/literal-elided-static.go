package main

import "fmt"

type P struct{ a, b int }

var ps = []*P{{1, 2}, {b: 4}}
var ss = []*[]int{{1, 2, 3}, {}}
var as = map[string]int{}
var pp = &[]*P{{7, 8}}

func main() {
	fmt.Println(ps[0].a, ps[0].b, ps[1].b, len(*ss[0]), (*ss[0])[2], len(*ss[1]), (*pp)[0].b, len(as))
}
