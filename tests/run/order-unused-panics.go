package main

import "fmt"

type I interface{ M() }
type T struct {
	a int
	f int
}

func (T) M()   {}
func (*T) PM() {}

func try(name string, f func()) {
	defer func() { fmt.Println(name, "-", recover()) }()
	f()
}

func main() {
	var p *int
	var tp *T
	var s []int
	var z int
	var i, j any = []int{}, []int{}
	var np *[4]int
	var ni I
	five := 5
	try("*p", func() { _ = *p })
	try("s[i]", func() { _ = s[five] })
	try("1/z", func() { _ = 1 / z })
	try("i == j", func() { _ = i == j })
	try("np[:]", func() { _ = np[:] })
	try("&p.f", func() { _ = &tp.f })
	try("&p.a", func() { _ = &tp.a })
	try("x.(T)", func() { _ = i.(int) })
	try("ni.M", func() { _ = ni.M })
	try("tp.M", func() { _ = tp.M })
	try("tp.PM", func() { _ = tp.PM })
	try("np[i]", func() { _ = np[z] })
	try("&np[i]", func() { _ = &np[z] })
}
