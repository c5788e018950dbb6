package main

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/cmplx"
	"math/rand"
	randv2 "math/rand/v2"
)

func main() {
	for _, x := range []float64{0, 0.5, 1, 2, 10.25, -3.7} {
		fmt.Printf("%.12g %.12g %.12g %.12g %.12g %.12g %.12g\n", math.Sin(x), math.Cos(x), math.Exp(x), math.Atan(x), math.Cbrt(x), math.Sinh(x), math.Floor(x))
	}
	fmt.Println(math.Pow(2, 0.5), math.Log(10), math.Log2(8), math.Log10(1000), math.Hypot(3, 4), math.Mod(7, -3), math.Remainder(7, 3))
	fmt.Println(math.Gamma(5), math.Erf(0.5), math.Inf(1), math.NaN(), math.Signbit(-0.1), math.Abs(-2), math.Max(1, math.NaN()), math.Dim(3, 5))
	fr, ex := math.Frexp(10)
	ip, fp := math.Modf(-2.5)
	fmt.Println(fr, ex, ip, fp, math.Ldexp(0.5, 4), math.Nextafter(1, 2), math.Float64bits(1.5), math.Float32frombits(0x40490fdb))
	fmt.Println(bits.OnesCount(255), bits.LeadingZeros32(1), bits.TrailingZeros(8), bits.Reverse8(3), bits.Len(1023), bits.RotateLeft8(1, 9), bits.ReverseBytes16(0x1234))
	hi, lo := bits.Mul64(1<<63, 6)
	q, r := bits.Div64(1, 5, 7)
	s, c := bits.Add64(math.MaxUint64, 1, 0)
	fmt.Println(hi, lo, q, r, s, c)
	fmt.Println(cmplx.Sqrt(-4), cmplx.Pow(1i, 2), cmplx.Phase(-1))
	a, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	b := big.NewInt(987654321)
	fmt.Println(new(big.Int).Mul(a, b), new(big.Int).Mod(a, b), new(big.Int).Exp(b, big.NewInt(20), nil), a.Cmp(b), new(big.Int).GCD(nil, nil, a, b))
	fmt.Println(new(big.Int).MulRange(1, 60), new(big.Int).Sqrt(a), a.BitLen(), b.ProbablyPrime(10), new(big.Int).Lsh(b, 100))
	fmt.Println(big.NewRat(1, 3).Add(big.NewRat(1, 3), big.NewRat(1, 6)), new(big.Float).SetPrec(200).Quo(big.NewFloat(1), big.NewFloat(3)))
	rng := rand.New(rand.NewSource(42))
	fmt.Println(rng.Intn(100), rng.Intn(100), rng.Float64(), rng.Perm(5))
	r2 := randv2.New(randv2.NewPCG(1, 2))
	fmt.Println(r2.IntN(1000), r2.Uint64(), r2.NormFloat64())
	ch := randv2.New(randv2.NewChaCha8([32]byte{1}))
	fmt.Println(ch.Uint64(), ch.IntN(10))
	fmt.Println(rand.Intn(10) < 10, randv2.N(10) < 10)
}
