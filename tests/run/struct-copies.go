package main

import "fmt"

type Inner struct {
	arr [3]int
	s   []int
}
type Outer struct {
	Inner
	p *Inner
}

func modify(o Outer) Outer {
	o.arr[0] = 100
	o.s[0] = 100
	o.p.arr[0] = 100
	return o
}

func (o Outer) val()  { o.arr[1] = 55 }
func (o *Outer) ptr() { o.arr[1] = 66 }

func main() {
	o := Outer{Inner{[3]int{1, 2, 3}, []int{1}}, &Inner{}}
	r := modify(o)
	fmt.Println(o.arr, o.s, o.p.arr, r.arr)
	o.val()
	fmt.Println(o.arr)
	o.ptr()
	fmt.Println(o.arr)
	arr := [2]Outer{o, o}
	arr2 := arr
	arr2[0].arr[2] = 77
	fmt.Println(arr[0].arr, arr2[0].arr)
	for _, x := range arr {
		x.arr[0] = -1
	}
	fmt.Println(arr[0].arr)
	c := make(chan Outer, 1)
	c <- o
	o.arr[0] = 42
	fmt.Println((<-c).arr, o.arr)
	f := func() Outer { return o }
	g := f()
	g.arr[0]++
	fmt.Println(o.arr[0], g.arr[0])
	var i any = o
	x := i.(Outer)
	x.arr[0] = 0
	fmt.Println(i.(Outer).arr)
	pp := &o
	q := *pp
	q.arr[2] = 1000
	fmt.Println(o.arr[2])
}
