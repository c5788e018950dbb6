package main

import "fmt"

type (
	Int               = int
	Strings           = []string
	Fn                = func(Int) Int
	Set[K comparable] = map[K]bool
	Celsius           float64
	Temp              Celsius
	Tree              struct {
		kids []Tree
		m    map[string]*Tree
	}
	Rec   []Rec
	RecF  func(RecF) int
	RecM  map[string]RecM
	Iface interface{ Self() Iface }
)

type self int

func (s self) Self() Iface { return s + 1 }

func (c Celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

func main() {
	var i Int = 5
	var s Strings = []string{"a"}
	var f Fn = func(x int) int { return x * 2 }
	fmt.Printf("%T %T %T %v\n", i, s, f, f(i))
	fmt.Printf("%T %v\n", Set[string]{"a": true}, Set[int]{1: true})
	fmt.Println(Celsius(36.6), Temp(1.5), []Celsius{1, 2})
	t := Tree{kids: []Tree{{}, {kids: []Tree{{}}}}}
	fmt.Println(len(t.kids[1].kids), t.m["x"] == nil)
	r := Rec{{}, {{}, {}}}
	fmt.Println(len(r[1]), r)
	n := 3
	var rf RecF
	rf = func(g RecF) int {
		if n--; n == 0 {
			return 99
		}
		return g(g)
	}
	fmt.Println(rf(rf))
	fmt.Println(RecM{"a": {"b": nil}})
	fmt.Println(self(1).Self().Self())
}
