package main

import "fmt"

func main() {
	x := -1
	big := 0x123456789abcdef0
	fmt.Println(uint8(x), uint16(x), uint32(x), uint64(x), uintptr(x) == ^uintptr(0))
	fmt.Println(int8(big), int16(big), int32(big), uint8(big), uint16(big), uint32(big))
	var b byte = 200
	fmt.Println(int8(b), int(b), int(int8(b)), uint32(int8(b)), rune(b))
	type My int16
	fmt.Println(My(big), int64(My(-5)), float64(My(3)))
	var u uint32 = 1 << 31
	fmt.Println(int32(u), int64(int32(u)), uint64(int32(u)), int64(u))
}
