package main

import "fmt"

func try(name string, f func()) {
	defer func() { fmt.Println(name, recover()) }()
	f()
}

func doRecover() any { return recover() }

type R struct{}

func (R) rec()    { fmt.Println("value method:", recover()) }
func (*R) prec()  { fmt.Println("pointer method:", recover()) }
func gen[T any]() { fmt.Println("generic:", recover()) }

type E struct{ R }
type EP struct{ *R }
type I interface{ rec() }

func main() {
	try("called", func() {
		defer func() { fmt.Println("inner", doRecover()) }()
		panic(1)
	})
	try("nested closure", func() {
		defer func() { func() { fmt.Println("inner", recover()) }() }()
		panic(2)
	})
	try("defer recover()", func() {
		defer recover()
		panic(3)
	})
	try("defer in deferred", func() {
		defer func() { defer recover() }()
		panic(4)
	})
	try("closure deferred in deferred", func() {
		defer func() { defer func() { fmt.Println("inner", recover()) }() }()
		panic(5)
	})
	try("defer panic", func() { defer panic("deferred") })
	try("method", func() { defer R{}.rec(); panic(6) })
	try("pointer method", func() { defer (&R{}).prec(); panic(7) })
	try("promoted", func() { defer E{}.rec(); panic(8) })
	try("promoted by pointer", func() { defer EP{&R{}}.rec(); panic(9) })
	try("interface", func() { var i I = E{}; defer i.rec(); panic(10) })
	try("method value", func() { f := E{}.rec; defer f(); panic(11) })
	try("method expression", func() { defer E.rec(E{}); panic(12) })
	try("generic", func() { defer gen[int](); panic(13) })
	try("none", func() { fmt.Println(recover() == nil) })
	try("twice", func() {
		defer func() { fmt.Println(recover(), recover()) }()
		panic(14)
	})
	try("nil", func() { panic(nil) })
}
