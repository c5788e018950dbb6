package runtime

import (
	"internal/abi"
	"internal/runtime/maps"
	"internal/runtime/sys"
	"unsafe"
)

// Hashing and equality of values in memory.

func memhash(p unsafe.Pointer, h, n uintptr) uintptr { return maps.MemHash(p, h, n) }
func memhash32(p unsafe.Pointer, h uintptr) uintptr  { return maps.MemHash32(*(*uint32)(p), h) }
func memhash64(p unsafe.Pointer, h uintptr) uintptr  { return maps.MemHash64(*(*uint64)(p), h) }
func memhash0(p unsafe.Pointer, h uintptr) uintptr   { return h }
func memhash8(p unsafe.Pointer, h uintptr) uintptr   { return memhash(p, h, 1) }
func memhash16(p unsafe.Pointer, h uintptr) uintptr  { return memhash(p, h, 2) }
func memhash128(p unsafe.Pointer, h uintptr) uintptr { return memhash(p, h, 16) }
func strhash(p unsafe.Pointer, h uintptr) uintptr    { return maps.StrHash(*(*string)(p), h) }
func stringHash(s string, seed uintptr) uintptr      { return maps.StrHash(s, seed) }
func c64hash(p unsafe.Pointer, h uintptr) uintptr    { return f32hash(add(p, 4), f32hash(p, h)) }
func c128hash(p unsafe.Pointer, h uintptr) uintptr   { return f64hash(add(p, 8), f64hash(p, h)) }

// memhash_varlen hashes memory of a size that its closure holds.
func memhash_varlen(p unsafe.Pointer, h uintptr) uintptr {
	n := *(*uintptr)(unsafe.Pointer(sys.GetClosurePtr() + 8))
	return memhash(p, h, n)
}

// memequal_varlen compares memory of a size that its closure holds.
func memequal_varlen(p, q unsafe.Pointer) bool {
	n := *(*uintptr)(unsafe.Pointer(sys.GetClosurePtr() + 8))
	return memequal(p, q, n)
}

const (
	zeroHash = 0x9e3779b97f4a7c15
	nanMix   = 0xff51afd7ed558ccd
)

func f32hash(p unsafe.Pointer, h uintptr) uintptr {
	switch f := *(*float32)(p); {
	case f == 0:
		return zeroHash * (zeroHash ^ h) // +0 and -0 are equal
	case f != f:
		return zeroHash * (zeroHash ^ h ^ uintptr(rand())) // NaN never equals
	default:
		return memhash(p, h, 4)
	}
}

func f64hash(p unsafe.Pointer, h uintptr) uintptr {
	switch f := *(*float64)(p); {
	case f == 0:
		return zeroHash * (zeroHash ^ h)
	case f != f:
		return zeroHash * (zeroHash ^ h ^ uintptr(rand()))
	default:
		return memhash(p, h, 8)
	}
}

func interhash(p unsafe.Pointer, h uintptr) uintptr {
	i := (*iface)(p)
	if i.tab == nil {
		return h
	}
	return dynamicHash(i.tab.Type, i.data, h)
}

func nilinterhash(p unsafe.Pointer, h uintptr) uintptr {
	e := (*eface)(p)
	if e.typ == nil {
		return h
	}
	return dynamicHash(e.typ, e.data, h)
}

// dynamicHash hashes the value of type t that an interface holds in its data word.
func dynamicHash(t *abi.Type, data unsafe.Pointer, h uintptr) uintptr {
	if t.Equal == nil {
		panic(errorString("hash of unhashable type " + typeString(t)))
	}
	if t.IsDirectIface() {
		return zeroHash * (typehash(t, unsafe.Pointer(&data), h^nanMix) ^ zeroHash)
	}
	return zeroHash * (typehash(t, data, h^nanMix) ^ zeroHash)
}

// typehash hashes the value of type t at p, as the compiler's generated functions do.
func typehash(t *abi.Type, p unsafe.Pointer, h uintptr) uintptr {
	if t.TFlag&abi.TFlagRegularMemory != 0 {
		switch t.Size_ {
		case 4:
			return memhash32(p, h)
		case 8:
			return memhash64(p, h)
		}
		return memhash(p, h, t.Size_)
	}
	switch t.Kind_ {
	case abi.Float32:
		return f32hash(p, h)
	case abi.Float64:
		return f64hash(p, h)
	case abi.Complex64:
		return c64hash(p, h)
	case abi.Complex128:
		return c128hash(p, h)
	case abi.String:
		return strhash(p, h)
	case abi.Interface:
		if (*abi.InterfaceType)(unsafe.Pointer(t)).NumMethod() == 0 {
			return nilinterhash(p, h)
		}
		return interhash(p, h)
	case abi.Array:
		a := (*abi.ArrayType)(unsafe.Pointer(t))
		for i := uintptr(0); i < a.Len; i++ {
			h = typehash(a.Elem, add(p, i*a.Elem.Size_), h)
		}
		return h
	case abi.Struct:
		s := (*abi.StructType)(unsafe.Pointer(t))
		for _, f := range s.Fields {
			if !f.Name.IsBlank() {
				h = typehash(f.Typ, add(p, f.Offset), h)
			}
		}
		return h
	}
	panic(errorString("hash of unhashable type " + typeString(t)))
}

//go:linkname reflect_typehash reflect.typehash
func reflect_typehash(t *abi.Type, p unsafe.Pointer, h uintptr) uintptr { return typehash(t, p, h) }

// efaceeq compares two values of type t held in data words.
func efaceeq(t *abi.Type, x, y unsafe.Pointer) bool {
	if t == nil {
		return true
	}
	if t.Equal == nil {
		panic(errorString("comparing uncomparable type " + typeString(t)))
	}
	if t.IsDirectIface() {
		return x == y
	}
	return t.Equal(x, y)
}

func ifaceeq(tab *itab, x, y unsafe.Pointer) bool {
	if tab == nil {
		return true
	}
	return efaceeq(tab.Type, x, y)
}

func memequal0(p, q unsafe.Pointer) bool   { return true }
func memequal8(p, q unsafe.Pointer) bool   { return *(*int8)(p) == *(*int8)(q) }
func memequal16(p, q unsafe.Pointer) bool  { return *(*int16)(p) == *(*int16)(q) }
func memequal32(p, q unsafe.Pointer) bool  { return *(*int32)(p) == *(*int32)(q) }
func memequal64(p, q unsafe.Pointer) bool  { return *(*int64)(p) == *(*int64)(q) }
func memequal128(p, q unsafe.Pointer) bool { return *(*[2]int64)(p) == *(*[2]int64)(q) }
func f32equal(p, q unsafe.Pointer) bool    { return *(*float32)(p) == *(*float32)(q) }
func f64equal(p, q unsafe.Pointer) bool    { return *(*float64)(p) == *(*float64)(q) }
func c64equal(p, q unsafe.Pointer) bool    { return *(*complex64)(p) == *(*complex64)(q) }
func c128equal(p, q unsafe.Pointer) bool   { return *(*complex128)(p) == *(*complex128)(q) }
func strequal(p, q unsafe.Pointer) bool    { return *(*string)(p) == *(*string)(q) }

func interequal(p, q unsafe.Pointer) bool {
	x, y := (*iface)(p), (*iface)(q)
	return x.tab == y.tab && ifaceeq(x.tab, x.data, y.data)
}

func nilinterequal(p, q unsafe.Pointer) bool {
	x, y := (*eface)(p), (*eface)(q)
	return x.typ == y.typ && efaceeq(x.typ, x.data, y.data)
}

// complex128div follows C99: infinities and NaNs give what the limits say.
func complex128div(n, m complex128) complex128 {
	a, b := real(n), imag(n)
	c, d := real(m), imag(m)
	var e, f float64
	if abs(c) >= abs(d) {
		ratio := d / c
		denom := c + ratio*d
		e = (a + b*ratio) / denom
		f = (b - a*ratio) / denom
	} else {
		ratio := c / d
		denom := d + ratio*c
		e = (a*ratio + b) / denom
		f = (b*ratio - a) / denom
	}
	if isNaN(e) && isNaN(f) {
		switch {
		case m == 0 && (!isNaN(a) || !isNaN(b)):
			e = copysign(inf, c) * a
			f = copysign(inf, c) * b
		case (isInf(a) || isInf(b)) && isFinite(c) && isFinite(d):
			a, b = inf2one(a), inf2one(b)
			e = inf * (a*c + b*d)
			f = inf * (b*c - a*d)
		case (isInf(c) || isInf(d)) && isFinite(a) && isFinite(b):
			c, d = inf2one(c), inf2one(d)
			e = 0 * (a*c + b*d)
			f = 0 * (b*c - a*d)
		}
	}
	return complex(e, f)
}

var inf = frombits(0x7FF0000000000000)

func frombits(b uint64) float64 { return *(*float64)(unsafe.Pointer(&b)) }
func tobits(f float64) uint64   { return *(*uint64)(unsafe.Pointer(&f)) }
func isNaN(f float64) bool      { return f != f }
func isFinite(f float64) bool   { return !isNaN(f - f) }
func isInf(f float64) bool      { return !isNaN(f) && !isFinite(f) }
func abs(f float64) float64     { return frombits(tobits(f) &^ (1 << 63)) }

func copysign(f, sign float64) float64 {
	return frombits(tobits(f)&^(1<<63) | tobits(sign)&(1<<63))
}

// inf2one is a signed 1 for infinities and a signed 0 for others.
func inf2one(f float64) float64 {
	if isInf(f) {
		return copysign(1, f)
	}
	return copysign(0, f)
}

// min and max of floats: NaN wins, and -0 is less than +0.

func fmin64(a, b float64) float64 {
	switch {
	case a != a || b != b:
		return a + b
	case a == 0 && b == 0:
		return frombits(tobits(a) | tobits(b))
	case a < b:
		return a
	}
	return b
}

func fmax64(a, b float64) float64 {
	switch {
	case a != a || b != b:
		return a + b
	case a == 0 && b == 0:
		return frombits(tobits(a) & tobits(b))
	case a > b:
		return a
	}
	return b
}

func fmin32(a, b float32) float32 { return float32(fmin64(float64(a), float64(b))) }
func fmax32(a, b float32) float32 { return float32(fmax64(float64(a), float64(b))) }
