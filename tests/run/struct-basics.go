package main

import "fmt"

type Point struct{ X, Y int }
type Line struct {
	From, To Point
	Name     string
	_        int
}

type Node struct {
	val         int
	left, right *Node
}

func (n *Node) insert(v int) *Node {
	if n == nil {
		return &Node{val: v}
	}
	if v < n.val {
		n.left = n.left.insert(v)
	} else {
		n.right = n.right.insert(v)
	}
	return n
}

func (n *Node) walk(f func(int)) {
	if n != nil {
		n.left.walk(f)
		f(n.val)
		n.right.walk(f)
	}
}

func main() {
	l := Line{Point{1, 2}, Point{3, 4}, "l", 0}
	m := l
	m.To.X = 100
	fmt.Println(l, m, l == m, l.From == m.From)
	fmt.Printf("%v %+v %#v %T\n", l, l.From, l.To, l)
	p := &l.To
	p.Y = 50
	fmt.Println(l.To)
	anon := struct {
		A int
		B struct{ C string }
	}{A: 1}
	anon.B.C = "c"
	fmt.Println(anon)
	var root *Node
	for _, v := range []int{5, 2, 8, 1, 9, 3} {
		root = root.insert(v)
	}
	root.walk(func(v int) { fmt.Print(v, " ") })
	fmt.Println()
	ps := []*Point{{1, 2}, {3, 4}}
	fmt.Println(*ps[1], len(ps))
	mp := map[string]Point{"a": {1, 2}}
	fmt.Println(mp["a"].X)
	var empty struct{}
	fmt.Println(empty, struct{}{} == empty)
}
