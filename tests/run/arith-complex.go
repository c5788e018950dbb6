package main

import (
	"fmt"
	"math"
	"math/cmplx"
)

func main() {
	a, b := 1+2i, complex(3, -4)
	fmt.Println(a+b, a-b, a*b, a/b, -a, real(a), imag(b), a == b, a != b)
	var z complex128
	fmt.Println((1+0i)/z, z/z, complex(math.Inf(1), 0)/1, 1/complex(math.Inf(1), 0))
	var c64 complex64 = 1 + 1i
	c64 *= c64
	fmt.Println(c64, c64/2, real(c64))
	fmt.Printf("%T %T %v %.2f\n", c64, real(c64), a, a)
	fmt.Println(cmplx.Abs(3+4i), cmplx.Sqrt(-1), cmplx.Exp(1i*math.Pi))
	m := map[complex128]string{1i: "i", 1: "one"}
	fmt.Println(m[1i], m[1+0i])
	const k = 2i * 2i
	fmt.Println(k, real(k))
	arr := []complex64{1, 2i}
	arr[1] += 3
	fmt.Println(arr)
}
