package main

import (
	"fmt"
	"math"
)

func main() {
	x, y := 0.1, 0.2
	fmt.Println(x+y, x+y == 0.3, 0.1+0.2 == 0.3, x*10-1, math.FMA(x, 10, -1))
	var z float64
	fmt.Println(1/z, -1/z, z/z, math.IsNaN(z/z), z == -z, 1/(-z))
	nan := z / z
	fmt.Println(nan == nan, nan != nan, nan < 1, nan > 1, nan <= nan)
	var f32 float32 = 16777216
	fmt.Println(f32+1 == f32, float32(0.1), float64(float32(0.1)))
	var a, b float32 = 1e20, 1e20
	fmt.Println(a*b, a*b/b, math.MaxFloat32, math.SmallestNonzeroFloat64)
	const c = -0.0
	fmt.Println(1/math.Copysign(0, -1), c, min(0.0, math.Copysign(0, -1)), max(math.Copysign(0, -1), 0.0))
	fmt.Println(min(nan, 1), max(1, nan), min(3, 1, 2), max("a", "c", "b"), min(2.5, 1))
	fmt.Println(math.Sqrt(2), math.Floor(-1.5), math.Ceil(-1.5), math.Trunc(-1.5), math.Round(2.5), math.RoundToEven(2.5))
	fmt.Printf("%v %g %e %.3f %08.3f %x\n", 1e21, 1e20, 123456.789, 3.14159, -3.14159, 1.5)
}
