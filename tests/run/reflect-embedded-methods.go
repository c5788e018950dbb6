// A pointer type that only reflection makes has the methods of what its struct embeds.
package main

import (
	"fmt"
	"reflect"
)

type point struct{ x, y int }

func (p *point) String() string { return fmt.Sprintf("<%d,%d>", p.x, p.y) }

type inner = struct {
	fmt.Stringer
	n int
}

func main() {
	v := reflect.ValueOf(&struct {
		A struct{ point }
		B inner
	}{B: inner{&point{3, 4}, 5}}).Elem()
	for i := range v.NumField() {
		p := v.Field(i).Addr()
		s, ok := reflect.TypeAssert[fmt.Stringer](p)
		fmt.Println(p.Type().NumMethod(), p.Type().Implements(reflect.TypeFor[fmt.Stringer]()), ok)
		if ok {
			fmt.Println(s.String())
		}
	}
}
