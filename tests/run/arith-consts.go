package main

import (
	"fmt"
	"math"
)

const big = 1 << 100
const (
	A = iota * 10
	B
	_
	C
	D, E = iota, 1 << iota
	F, G
)

type Weekday int

const (
	Sunday Weekday = iota
	Monday
)

func (d Weekday) String() string { return [...]string{"Sun", "Mon"}[d] }

const (
	KB = 1 << (10 * (iota + 1))
	MB
)
const str = "abc" + "def"
const typed int64 = 5
const r = 'a' + 1
const f = 1 / 3.0
const tiny = 1e-400 * 1e400

func main() {
	fmt.Println(big>>98, big/(1<<99), A, B, C, D, E, F, G)
	fmt.Println(Sunday, Monday, KB, MB, str, len(str), typed, r, f, tiny)
	fmt.Printf("%T %T %T %T\n", r, f, 1<<3, 2.0*3)
	var x float32 = 1 << 3
	var b byte = 'x'
	var u = uint8(255)
	fmt.Println(x, b, u, math.Pi, math.MaxUint64/uint64(3))
	const huge = 1 << 500
	fmt.Println(huge>>495, uint64(math.MaxUint64), 5.0/2, 5/2, 'a'*2)
	const h = "hello"
	fmt.Println(h[1], len(h[1:3]), 07_7, 0x_ff, 0b11, 1_000, 0x1p-2, 'a', '\n', '\u00e9')
}
