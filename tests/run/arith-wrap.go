package main

import (
	"fmt"
	"math"
)

func main() {
	var i8 int8 = 127
	i8++
	var u8 uint8
	u8--
	var i16 int16 = math.MinInt16
	i16--
	var u16 uint16 = 65535
	u16 *= u16
	var i32 int32 = math.MaxInt32
	i32 += i32
	var u32 uint32 = 1 << 31
	u32 *= 2
	var i64 int64 = math.MaxInt64
	i64 *= 3
	var u64 uint64 = math.MaxUint64
	u64 += 2
	fmt.Println(i8, u8, i16, u16, i32, u32, i64, u64)
	m8, m16, m32, m64 := int8(-128), int16(-32768), int32(math.MinInt32), int64(math.MinInt64)
	n := -1
	fmt.Println(m8/int8(n), m16/int16(n), m32/int32(n), m64/int64(n), m64%int64(n), m8%int8(n))
	fmt.Println(-m8, -m64, ^m8, -7/2, -7%2, 7/-2, 7%-2)
	a, b := 0b1100, 0b1010
	fmt.Println(a&b, a|b, a^b, a&^b, ^a, +a, -a)
	a &= b
	b |= 1
	a ^= 5
	b &^= 2
	fmt.Println(a, b)
}
