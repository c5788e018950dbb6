package main

import (
	"fmt"
	"math"
	"time"
)

type Perm uint8

const (
	Read Perm = 1 << iota
	Write
	Exec
	All = Read | Write | Exec
)

const (
	a, b = iota, iota + 10
	c, d
	_, _
	e, f
)
const (
	x0 = "s"
	x1
	x2 = len(x1)
	x3 = iota
	x4 = iota * 1.5
)

const (
	mask     = ^uint32(0)
	big      = 1<<64 - 1
	fraction = 1.0 / 3
	third    = fraction * 3
	c128     = 1i * 1i
	r        = 'a' + 1.0
	shifted  = 1.0 << 3
	neg      = -5 % 3
	div      = -7 / 2
	fdiv     = 7 / 2.0
	s        = "con" + "cat"
	cmp      = "a" < "b" && 1 < 2.5
	d10      = 10 * time.Second
	h        = 0x1.8p1
)

func (p Perm) String() string {
	out := []byte("---")
	for i, ch := range "rwx" {
		if p&(1<<i) != 0 {
			out[i] = byte(ch)
		}
	}
	return string(out)
}

func main() {
	fmt.Println(Read, Write, Exec, All, Read|Exec)
	fmt.Println(a, b, c, d, e, f, x0, x1, x2, x3, x4)
	fmt.Println(mask, uint64(big), fraction, third == 1, c128, r, shifted, neg, div, fdiv, s, cmp, d10, h)
	fmt.Printf("%T %T %T %T %T\n", r, shifted, fdiv, c128, d10)
	var f32 float32 = math.MaxFloat32
	var i8 int8 = -1 << 7
	var u uint = 1<<64 - 1
	fmt.Println(f32, i8, u, math.MinInt64, math.E)
	const local = iota + 5
	fmt.Println(local, float32(0.1)+float32(0.2), 0.1+0.2)
}
