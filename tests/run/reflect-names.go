package main

import (
	"fmt"
	"reflect"
)

type G[T any] struct{ v T }
type M map[string][]*G[int]
type F func(a int, b ...string) (x, y error)
type E struct {
	G[string]
	_ int
}

func show(x any) {
	t := reflect.TypeOf(x)
	fmt.Printf("%v | %s | %s | %v | %T\n", t, t.Name(), t.PkgPath(), t.Kind(), x)
}

func main() {
	show(G[int]{})
	show(G[map[string]any]{})
	show(G[G[int]]{})
	show(&G[*G[byte]]{})
	show(M{})
	show(F(nil))
	show(E{})
	show(struct {
		A int `x:"y"`
		b string
		E
	}{})
	show([3][]chan<- int{})
	show((<-chan func())(nil))
	show(map[[2]string]struct{}{})
	show(func(...any) {})
	show((*interface {
		M(int) string
		error
	})(nil))
	show((*any)(nil))
	show(rune('x'))
	show(byte(1))
	show(uintptr(0))
	show(1i)
	type local struct{ x int }
	show(local{})
	show(G[local]{})
	var e error = fmt.Errorf("x")
	show(e)
	fmt.Printf("%v %+v %#v\n", E{}, G[local]{local{5}}, map[string]G[int]{"k": {1}})
	fmt.Printf("%#v %#v %#v\n", []any{1, "a", nil, 1.5}, struct{ P *int }{}, [2]bool{true})
}
