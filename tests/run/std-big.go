// math/big: integers, rationals, floats.
package main

import (
	"fmt"
	"math"
	"math/big"
)

func integers() {
	f := big.NewInt(1)
	for i := int64(2); i <= 60; i++ {
		f.Mul(f, big.NewInt(i))
	}
	fmt.Println(f, f.BitLen(), f.TrailingZeroBits(), f.Sign(), f.IsInt64())
	p, _ := new(big.Int).SetString("170141183460469231731687303715884105727", 10)
	q, ok := new(big.Int).SetString("-0xdead_beef_0123", 0)
	fmt.Println(p.ProbablyPrime(20), new(big.Int).Add(p, big.NewInt(2)).ProbablyPrime(20), q, ok)
	fmt.Println(new(big.Int).Exp(big.NewInt(3), f, p), new(big.Int).ModInverse(big.NewInt(65537), p))
	var x, y, g, m big.Int
	g.GCD(&x, &y, big.NewInt(240), big.NewInt(46))
	fmt.Println(&g, &x, &y, new(big.Int).Sqrt(p), new(big.Int).Lsh(q, 100), new(big.Int).Rsh(q, 5))
	for _, s := range [][2]int64{{7, 3}, {-7, 3}, {7, -3}, {-7, -3}} {
		a, b := big.NewInt(s[0]), big.NewInt(s[1])
		d, m := new(big.Int).DivMod(a, b, &m)
		u, r := new(big.Int).QuoRem(a, b, new(big.Int))
		fmt.Print(d, m, u, r, " ")
	}
	fmt.Println(new(big.Int).And(q, p), new(big.Int).Or(q, big.NewInt(6)), new(big.Int).Xor(p, q), new(big.Int).Not(q), new(big.Int).AndNot(p, q))
	fmt.Printf("%x %#X %o %b %+d|%40d|%-20d|%s %v\n", p, q, q, big.NewInt(-10), q, q, big.NewInt(5), q, q.Text(36))
	fmt.Println(p.Cmp(q), p.CmpAbs(q), q.CmpAbs(q), len(p.Bytes()), new(big.Int).SetBytes([]byte{1, 0, 0}), new(big.Int).Binomial(50, 25))
	fmt.Println(big.Jacobi(big.NewInt(2), big.NewInt(7)), new(big.Int).ModSqrt(big.NewInt(2), big.NewInt(7)), new(big.Int).MulRange(10, 20))
	_, ok = new(big.Int).SetString("12z", 10)
	j, _ := q.MarshalJSON()
	fl, acc := new(big.Float).SetInt(f).Float64()
	fmt.Println(ok, string(j), fl, acc)
	defer func() { fmt.Println(recover()) }()
	new(big.Int).Quo(p, new(big.Int))
}

func rationals() {
	sum := new(big.Rat)
	for i := int64(1); i <= 20; i++ {
		sum.Add(sum, big.NewRat(1, i))
	}
	f, exact := sum.Float64()
	fmt.Println(sum, sum.FloatString(30), f, exact, sum.Num().BitLen(), sum.Denom())
	for _, s := range []string{"3/6", "-1.25", "1e-3", "0x10/3", "1/0", "x", "0.1e2"} {
		r, ok := new(big.Rat).SetString(s)
		fmt.Print(r, " ", ok, "; ")
	}
	r := new(big.Rat).SetFloat64(0.1)
	fmt.Println(r, r.RatString(), big.NewRat(8, 4).RatString(), big.NewRat(8, 4).IsInt())
	fmt.Println(new(big.Rat).Quo(big.NewRat(-3, 4), big.NewRat(9, 8)), new(big.Rat).Inv(r).Cmp(big.NewRat(10, 1)), new(big.Rat).Neg(r).Sign())
	n, ok := big.NewRat(1, 3).FloatPrec()
	fmt.Println(n, ok)
}

func floats() {
	two := new(big.Float).SetPrec(200).SetInt64(2)
	root := new(big.Float).SetPrec(200).Sqrt(two)
	fmt.Println(root.Text('f', 55), root.Text('g', 20), root.Text('p', 0), root.Prec(), root.MinPrec(), root.Mode())
	fmt.Printf("%.20f %10.3e %g %v %s\n", root, root, two, root, root.String())
	x, _, err := big.ParseFloat("1.5e1000", 10, 100, big.ToZero)
	fmt.Println(x, err, x.IsInf(), x.MantExp(nil), x.Acc())
	f, acc := x.Float64()
	fmt.Println(f, acc)
	i, acc := new(big.Float).SetFloat64(-2.75).Int64()
	fmt.Println(i, acc, new(big.Float).SetInf(true), new(big.Float).Quo(big.NewFloat(1), new(big.Float)))
	for _, mode := range []big.RoundingMode{big.ToNearestEven, big.ToNearestAway, big.ToZero, big.AwayFromZero, big.ToNegativeInf, big.ToPositiveInf} {
		r := new(big.Float).SetMode(mode).SetPrec(4)
		r.SetFloat64(17.5)
		fmt.Print(mode, " ", r, " ", r.Acc(), "; ")
	}
	z := new(big.Float).Sub(root, big.NewFloat(math.Sqrt2))
	fmt.Println(z.Text('e', 10), z.Cmp(new(big.Float)), z.Signbit(), new(big.Float).Copy(z).Neg(z).Sign())
	r, acc := root.Rat(nil)
	n, _ := root.Int(nil)
	fmt.Println(r.Denom().BitLen(), acc, n)
	defer func() { fmt.Println(recover()) }()
	new(big.Float).Mul(new(big.Float), new(big.Float).SetInf(false))
}

func main() {
	integers()
	rationals()
	floats()
}
