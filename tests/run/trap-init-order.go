package main

import "fmt"

var (
	a = c + b
	b = f()
	c = f()
	d = 3
)

func f() int {
	d++
	return d
}

var p, q = pq()
var after = log("after")

func pq() (int, string) { return later + 1, "q" }

var later = 10

var seen []string

func log(s string) int { seen = append(seen, s); return len(seen) }

var _ = log("blank")

type I interface{ m() int }
type T struct{}

func (T) m() int { return hidden }

var viaIface = I(T{}).m()
var hidden = compute()

//go:noinline
func compute() int { return 42 }

var fl = func() int { return fl2 + 1 }()
var fl2 = 6

func init() { fmt.Println("init 1", a, b, c, d) }
func init() { fmt.Println("init 2", p, q, after, seen) }

func main() {
	fmt.Println(viaIface, hidden, fl)
}
