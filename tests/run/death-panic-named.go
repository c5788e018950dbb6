package main

type MyS string
type MyI int8

func f() {
	defer func() { panic(MyI(-3)) }()
	panic(MyS("a\"b"))
}

func main() { f() }
