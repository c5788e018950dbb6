package main

import (
	"fmt"
	"reflect"
)

type S struct{ a, b int }

func (s S) set() S { s.a = 99; return s }

func main() {
	s := S{1, 2}
	var i any = s
	s.a = 10
	fmt.Println(i, s)
	fmt.Println(s.set(), s)
	sl := []S{{1, 2}}
	v := reflect.ValueOf(sl).Index(0)
	x := v.Interface()
	sl[0].a = 5
	fmt.Println(x, v.Interface())
	arr := [2]int{1, 2}
	var j any = arr
	arr[0] = 9
	fmt.Println(j, arr)
	p := &s
	var k any = *p
	p.b = 77
	fmt.Println(k, *p)
}
