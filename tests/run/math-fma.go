// math.FMA rounds once, whatever the sizes.
package main

import (
	"fmt"
	"math"
)

func main() {
	list := []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 3, 1e300, -1e300, 1e-300, 5e-324, -5e-324, 2.2250738585072014e-308,
		math.MaxFloat64, -math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), 1 + 0x1p-52, 1 - 0x1p-53, 134217729,
	}
	sum := uint64(0)
	for _, x := range list {
		for _, y := range list {
			for _, z := range append(list, -(x * y), x*y, -(x*y)*(1+0x1p-52)) {
				r := math.FMA(x, y, z)
				bits := math.Float64bits(r)
				if r != r {
					bits = 1
				}
				sum = sum*31 + bits
			}
		}
	}
	fmt.Println(sum)
	fmt.Println(math.FMA(0.1, 10, -1), math.FMA(1+0x1p-52, 1+0x1p-52, -1-0x1p-51), math.FMA(134217729, 134217729, -134217729*134217729))
	fmt.Println(math.FMA(math.MaxFloat64, 2, math.Inf(-1)), math.FMA(-5e-324, 0.25, 0), math.FMA(5e-324, 0.5, 5e-324))
}
