package main

import (
	"fmt"
	"reflect"
	"sort"
)

type Inner struct{ Z float64 }
type T struct {
	A int    `json:"a" xml:"x"`
	B string `json:"b"`
	Inner
	c []int
	M map[string]*Inner
	F func(int, ...string) (bool, error)
}

func (t T) Hello(name string) string { return "hello " + name + t.B }
func (t *T) Set(a int)               { t.A = a }

type I interface{ Hello(string) string }

func main() {
	t := &T{A: 1, B: "!", M: map[string]*Inner{"k": {2}}}
	v := reflect.ValueOf(t).Elem()
	ty := v.Type()
	for i := range ty.NumField() {
		f := ty.Field(i)
		fmt.Println(f.Name, f.Type, f.Tag.Get("json"), f.Offset, f.Anonymous, f.IsExported(), f.Type.Kind())
	}
	v.Field(0).SetInt(42)
	v.FieldByName("B").SetString("?")
	v.FieldByName("Z").SetFloat(2.5)
	fmt.Println(t.A, t.B, t.Z, v.Field(3).CanSet(), v.NumField())
	pt := reflect.TypeOf(t)
	for i := range pt.NumMethod() {
		fmt.Println(pt.Method(i).Name, pt.Method(i).Type)
	}
	out := reflect.ValueOf(t).MethodByName("Hello").Call([]reflect.Value{reflect.ValueOf("bob")})
	fmt.Println(out[0])
	reflect.ValueOf(t).MethodByName("Set").Call([]reflect.Value{reflect.ValueOf(7)})
	fmt.Println(t.A, pt.Implements(reflect.TypeFor[I]()), ty.Size())
	m := reflect.MakeMap(reflect.TypeFor[map[string]int]())
	m.SetMapIndex(reflect.ValueOf("x"), reflect.ValueOf(1))
	m.SetMapIndex(reflect.ValueOf("y"), reflect.ValueOf(2))
	keys := m.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	fmt.Println(keys, m.Len(), m.Interface())
	s := reflect.MakeSlice(reflect.TypeFor[[]string](), 0, 0)
	s = reflect.Append(s, reflect.ValueOf("a"), reflect.ValueOf("b"))
	fmt.Println(s.Interface(), s.Index(1), s.Slice(0, 1))
	sw := reflect.MakeFunc(reflect.TypeFor[func(int, string) (string, int)](), func(a []reflect.Value) []reflect.Value {
		return []reflect.Value{a[1], a[0]}
	}).Interface().(func(int, string) (string, int))
	fmt.Println(sw(1, "swapped"))
	fmt.Println(reflect.DeepEqual([]int{1, 2}, []int{1, 2}), reflect.DeepEqual(map[string][]int{"a": {1}}, map[string][]int{"a": {2}}))
	fmt.Println(reflect.PointerTo(ty), reflect.SliceOf(ty), reflect.MapOf(reflect.TypeOf(""), ty), reflect.TypeOf(struct {
		X int `t:"1"`
	}{}))
	c := reflect.MakeChan(reflect.TypeFor[chan int](), 1)
	c.Send(reflect.ValueOf(5))
	r, ok := c.Recv()
	fmt.Println(r, ok, reflect.Zero(ty).Field(0), reflect.New(reflect.TypeOf(1)).Elem())
	defer func() { fmt.Println(recover()) }()
	v.Field(3).Set(reflect.ValueOf([]int{1}))
}
