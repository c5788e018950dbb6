// math/rand and math/rand/v2 with fixed seeds, math/bits, math/cmplx.
package main

import (
	"fmt"
	"math"
	"math/bits"
	"math/cmplx"
	"math/rand"
	v2 "math/rand/v2"
)

func one() {
	r := rand.New(rand.NewSource(42))
	fmt.Println(r.Int63(), r.Int31(), r.Uint32(), r.Uint64(), r.Intn(100), r.Int63n(1<<40), r.Int31n(7))
	fmt.Println(r.Float64(), r.Float32(), r.NormFloat64(), r.ExpFloat64(), r.Perm(8))
	s := []string{"a", "b", "c", "d", "e"}
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	b := make([]byte, 6)
	n, err := r.Read(b)
	z := rand.NewZipf(r, 1.5, 2, 1000)
	fmt.Println(s, b, n, err, z.Uint64(), z.Uint64())
	r.Seed(42)
	fmt.Println(r.Int63())
	for range 1000 {
		if x := rand.Intn(10); x < 0 || x > 9 {
			fmt.Println("out of range", x)
		}
	}
	defer func() { fmt.Println(recover()) }()
	r.Intn(0)
}

func two() {
	r := v2.New(v2.NewPCG(1, 2))
	fmt.Println(r.Int(), r.Int64(), r.Uint32(), r.Uint64(), r.IntN(100), r.Int64N(1<<40), r.Uint64N(1<<63), r.Uint32N(9), r.Int32N(5), r.UintN(77))
	fmt.Println(r.Float64(), r.Float32(), r.NormFloat64(), r.ExpFloat64(), r.Perm(8))
	seed := [32]byte([]byte("chacha8 has a seed of 32 bytes.."))
	c := v2.NewChaCha8(seed)
	b := make([]byte, 5)
	c.Read(b)
	fmt.Println(c.Uint64(), b, v2.New(c).IntN(1000), v2.NewZipf(r, 2, 3, 100).Uint64())
	state, _ := c.MarshalBinary()
	d := new(v2.ChaCha8)
	fmt.Println(d.UnmarshalBinary(state), d.Uint64() == c.Uint64())
	r.Shuffle(5, func(i, j int) { b[i], b[j] = b[j], b[i] })
	fmt.Println(b, v2.N(1) == 0, v2.N[int8](100) >= 0)
}

func bit() {
	for _, x := range []uint64{0, 1, 0x80, 0xdeadbeefcafe, 1 << 63, math.MaxUint64} {
		fmt.Println(bits.LeadingZeros64(x), bits.TrailingZeros64(x), bits.OnesCount64(x), bits.Len64(x), bits.Reverse64(x), bits.ReverseBytes64(x),
			bits.RotateLeft64(x, 13), bits.RotateLeft64(x, -13), bits.LeadingZeros8(uint8(x)), bits.TrailingZeros16(uint16(x)), bits.OnesCount32(uint32(x)),
			bits.Len16(uint16(x)), bits.Reverse8(uint8(x)), bits.ReverseBytes32(uint32(x)), bits.RotateLeft8(uint8(x), 3), bits.RotateLeft16(uint16(x), 5))
		hi, lo := bits.Mul64(x, 0x123456789abcdef)
		sum, carry := bits.Add64(x, 1<<63, 1)
		diff, borrow := bits.Sub64(x, 2, 1)
		q, r := bits.Div64(x>>1, 12345, 1<<63+1)
		fmt.Println(hi, lo, sum, carry, diff, borrow, q, r, bits.Rem64(x, 7, 11))
	}
	h, l := bits.Mul32(1<<31, 6)
	s, c := bits.Add32(1<<31, 1<<31, 0)
	fmt.Println(h, l, s, c, bits.UintSize)
	for _, f := range []func(){func() { bits.Div64(5, 0, 5) }, func() { bits.Div32(1, 1, 0) }} {
		func() {
			defer func() { fmt.Println(recover()) }()
			f()
		}()
	}
}

func complexes() {
	z := complex(1.5, -2.25)
	for _, f := range []func(complex128) complex128{
		cmplx.Sqrt, cmplx.Exp, cmplx.Log, cmplx.Log10, cmplx.Sin, cmplx.Cos, cmplx.Tan, cmplx.Cot, cmplx.Sinh, cmplx.Cosh, cmplx.Tanh,
		cmplx.Asin, cmplx.Acos, cmplx.Atan, cmplx.Asinh, cmplx.Acosh, cmplx.Atanh, cmplx.Conj,
	} {
		fmt.Printf("%.9g %.9g\n", f(z), f(complex(0, 0.5)))
	}
	r, th := cmplx.Polar(z)
	fmt.Printf("%.12g %.12g %.12g %.12g %.12g\n", r, th, cmplx.Rect(r, th), cmplx.Pow(z, 2+1i), cmplx.Abs(3+4i))
	fmt.Println(cmplx.IsNaN(cmplx.NaN()), cmplx.IsInf(cmplx.Inf()), cmplx.Phase(-1), cmplx.Sqrt(-4), cmplx.Pow(0, 0), cmplx.Inf()*0)
	var zero complex128
	fmt.Println(z/zero, z/complex(math.Inf(1), 0), real(z)*imag(z), z*z, z == complex(1.5, -2.25))
}

func main() {
	one()
	two()
	bit()
	complexes()
}
