package main

import (
	"fmt"
	"runtime"
)

type I interface{ M() }
type J interface {
	M()
	N()
}
type T struct{}

func (T) M() {}

type P struct{}

func (*P) M() {}
func (*P) N() {}

func try(f func()) {
	defer func() {
		r := recover()
		e, ok := r.(*runtime.TypeAssertionError)
		if ok {
			fmt.Println(e.Error())
			_ = r.(runtime.Error)
			_ = r.(error)
		} else {
			fmt.Println("other:", r)
		}
	}()
	f()
}

func main() {
	var e any = "str"
	var n any
	var i I = T{}
	try(func() { _ = e.(int) })
	try(func() { _ = n.(int) })
	try(func() { _ = i.(*P) })
	try(func() { _ = i.(J) })
	try(func() { _ = e.(I) })
	try(func() { _ = n.(I) })
	try(func() { _ = any(P{}).(I) })
	type T struct{}
	try(func() {
		_ = i.(interface {
			Z()
			A()
		})
	})
	try(func() { _ = any(i).(T) })
	try(func() { _ = e.([]int) })
	try(func() { _ = e.(func(int) (string, error)) })
	try(func() { _ = e.(map[string]struct{ X int }) })
}
