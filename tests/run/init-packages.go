package main

import (
	"fmt"
	"strings"
)

var order []string

func reg(s string) string { order = append(order, s); return s }

var (
	z = reg("z needs a: " + a)
	a = reg("a needs b: " + b)
	b = reg("b")
	_ = reg("blank")
	m = map[string]func() string{"k": func() string { return later }}
	v = m["k"]()
	w = useT()
)

var later = reg("later")

type T struct{}

func (T) get() string { return dep }

func useT() string { return reg("w " + T{}.get() + T.get(T{})) }

var dep = reg("dep")

var arr = [...]string{reg("e0"), 2: reg("e2")}
var x1, x2 = reg("x1"), reg("x2 " + x3)
var x3 = reg("x3")
var y1, y2 = two()

func two() (string, string) { return reg("two"), x3 }

var stat = 5
var seesStat = func() int { return statLater }()
var statLater = 7

func init() { reg("init1"); initVar = "set" }

var initVar string

func init() {
	reg("init2 " + initVar)
	func() { defer func() { recover() }(); panic("in init") }()
}

func main() {
	fmt.Println(strings.Join(order, "\n"))
	fmt.Println(v == later, len(arr), y2, stat, seesStat)
}
