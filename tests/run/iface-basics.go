package main

import (
	"fmt"
	"sort"
)

type Animal interface {
	Sound() string
	Name() string
}
type Base struct{ name string }

func (b Base) Name() string { return b.name }

type Dog struct{ Base }
type Cat struct {
	*Base
	lives int
}

func (Dog) Sound() string    { return "woof" }
func (c *Cat) Sound() string { c.lives--; return fmt.Sprint("meow ", c.lives) }

type Num int

func (n Num) Sound() string { return fmt.Sprint("num ", int(n)) }
func (n Num) Name() string  { return "n" }

type Fn func() string

func (f Fn) Sound() string { return f() }
func (f Fn) Name() string  { return "fn" }

type byLen []string

func (b byLen) Len() int           { return len(b) }
func (b byLen) Less(i, j int) bool { return len(b[i]) < len(b[j]) }
func (b byLen) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

type Named interface{ Name() string }
type Both interface {
	Animal
	fmt.Stringer
}

func main() {
	as := []Animal{Dog{Base{"d"}}, &Cat{&Base{"c"}, 9}, Num(3), Fn(func() string { return "called" }), &Dog{Base{"pd"}}}
	for _, a := range as {
		fmt.Println(a.Name(), a.Sound(), a.Sound())
	}
	var n Named = as[0]
	a, ok := n.(Animal)
	fmt.Println(a.Sound(), ok)
	_, ok = n.(Both)
	fmt.Println(ok)
	fmt.Println(as[2] == Animal(Num(3)), as[0] == as[0], as[0] != as[1], as[2] == as[0])
	words := byLen{"ccc", "a", "bb"}
	sort.Sort(words)
	fmt.Println(words)
	sort.Sort(sort.Reverse(words))
	fmt.Println(words)
	var e any = as
	fmt.Println(len(e.([]Animal)))
	var np *Dog
	var na Animal
	fmt.Println(na == nil, Animal(np) == nil, e != nil)
	m := map[Animal]int{Num(1): 1, Dog{Base{"x"}}: 2}
	fmt.Println(m[Num(1)], m[Dog{Base{"x"}}], m[Num(2)])
	f := as[2].Sound
	fmt.Println(f(), Animal.Name(as[2]))
}
