package main

type I9 interface{ M() }
type T9 uintptr

func (T9) M() {
	if recover() == nil {
		println("missing")
	}
}
func test9() {
	var i I9 = T9(123)
	defer i.M()
	panic(9)
}

type I10 interface{ M() }
type T10 [2]uintptr

func (t T10) M() {
	if recover() == nil {
		println("missing 10")
	}
}
func test10() {
	var i I10 = T10{1, 2}
	defer i.M()
	panic(9)
}
func main() { test9(); test10() }
