package main

import (
	"errors"
	"fmt"
)

type Shape interface{ Area() float64 }
type Sq struct{ s float64 }
type Ci struct{ r float64 }

func (s Sq) Area() float64  { return s.s * s.s }
func (c *Ci) Area() float64 { return 3 * c.r * c.r }

func describe(x any) string {
	switch v := x.(type) {
	case nil:
		return "nil"
	case int, int64:
		return fmt.Sprintf("integer %v", v)
	case string:
		return "string " + v
	case []int:
		return fmt.Sprint("slice ", len(v))
	case map[string]int:
		return fmt.Sprint("map ", v["a"])
	case func(int) int:
		return fmt.Sprint("func ", v(1))
	case error:
		return "error " + v.Error()
	case Sq:
		return fmt.Sprint("sq ", v.s)
	case Shape:
		return fmt.Sprint("shape ", v.Area())
	case *int:
		return fmt.Sprint("ptr ", *v)
	case chan int:
		return fmt.Sprint("chan ", cap(v))
	case [2]bool:
		return fmt.Sprint("array ", v[1])
	case struct{ X int }:
		return fmt.Sprint("struct ", v.X)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	default:
		return fmt.Sprintf("other %T", v)
	}
}

func gen[T any](x any) string {
	switch x.(type) {
	case T:
		return "T"
	case []T:
		return "[]T"
	case int:
		return "int"
	}
	return "?"
}

func main() {
	n := 3
	for _, x := range []any{nil, 1, int64(2), "s", []int{1}, map[string]int{"a": 5}, func(i int) int { return i + 1 },
		errors.New("e"), Sq{2}, &Ci{1}, &n, make(chan int, 4), [2]bool{false, true}, struct{ X int }{9}, true, 1.5, int8(1), []string{}} {
		fmt.Println(describe(x))
	}
	fmt.Println(gen[int](1), gen[string](1), gen[string]([]string{}), gen[float64]("x"))
	var s Shape = Sq{1}
	if c, ok := s.(*Ci); !ok {
		fmt.Println(c == nil)
	}
	switch s := s.(type) {
	case *Ci:
		fmt.Println("ci", s.r)
	case Sq:
		s.s = 10
		fmt.Println("sq", s.s)
	}
	_, ok := s.(interface{ Perimeter() float64 })
	fmt.Println(ok)
}
