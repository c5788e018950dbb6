package main

import "fmt"

func main() {
	k := 2
	fmt.Println(7 >> (1 << k))
	var v1, v2, v3 uint = 1, 2, 3
	fmt.Println(uint(5) << (uint(2) + uint(4)>>v1 - uint(v1)>>uint16(0)>>uint16(v2) - v3))
	var s uint = 33
	var i = 1 << s
	var j int32 = 1 << s
	var w int64 = 1.0 << 33
	fmt.Println(i, j, w, uint8(1<<(s-30)>>(s-30)))
	var u8 = uint8(255)
	fmt.Println(u8<<1>>1, int8(u8)>>7, u8<<8, u8>>8)
}
