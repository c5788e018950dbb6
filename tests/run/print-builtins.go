// print and println write to standard error.
package main

func main() {
	println("hello", 1, -2, true, 'x', 1.5, 1e100, 0.1, 123456789.125, 1e-7)
	print("a", "b", 1, "\n")
	var nan, zero float64
	nan = zero / zero
	println(nan, 1/zero, -1/zero, zero, float32(0.1), 1+2i, complex64(1i))
	var p *int
	var m map[string]int
	var c chan int
	var f func()
	println(p, m, c, f == nil)
	println(uint8(255), int8(-128), uint64(1<<64-1), int64(-1<<63), uintptr(10))
	println()
	type S string
	println(S("named"), "multi\nline")
	println(1<<3, 'a', "é世")
}
