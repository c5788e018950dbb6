package main

import (
	"fmt"
	"io"
	"os"
)

type T1 struct{}
type T2 struct{ T1 }

func kind(params ...any) string {
	switch p := params[0].(type) {
	case string:
		return "string " + p
	case fmt.Stringer:
		return "stringer"
	default:
		return fmt.Sprintf("default %v", p)
	}
}

func main() {
	var r io.Reader = (*os.File)(nil)
	switch x := any(r).(type) {
	case int:
		fmt.Println("int")
	case io.Reader:
		fmt.Println("reader", x != nil)
	}
	fmt.Println(kind("a"), kind(1), kind(nil))
	var i any = T2{}
	_, ok := i.(T1)
	fmt.Println(ok)
	switch y := i.(type) {
	case T1, T2:
		fmt.Printf("%T\n", y)
	}
	switch any(nil).(type) {
	case nil:
		fmt.Println("nil")
	}
}
