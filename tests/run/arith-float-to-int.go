// Conversions out of range have amd64's results.
package main

import (
	"fmt"
	"math"
)

func main() {
	nan := math.NaN()
	for _, f := range []float64{0, 1.9, -1.9, 300, -1, 3e9, -3e9, 1e10, 1e19, -1e19, 1.8e19, 1e30, nan, math.Inf(1), math.Inf(-1), 9223372036854775807} {
		fmt.Println(f, int(f), int64(f), int32(f), int16(f), int8(f), uint64(f), uint32(f), uint16(f), uint8(f), uint(f))
	}
	for _, f := range []float32{-1, 3e9, 1e10, 1e19, 1e30} {
		fmt.Println(f, int64(f), int32(f), uint64(f), uint32(f), uint8(f))
	}
	for _, u := range []uint64{1<<63 + 1, math.MaxUint64, 1<<53 + 1, 1<<24 + 1, 0x8000008000000001} {
		fmt.Println(u, float64(u), float32(u))
	}
	for _, i := range []int64{math.MinInt64, -1, 1<<53 + 1} {
		fmt.Println(float64(i), float32(i))
	}
}
