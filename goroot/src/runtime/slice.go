package runtime

import (
	"internal/abi"
	"internal/runtime/math"
	"unsafe"
)

const maxAlloc = 1 << 48

type slice struct {
	array unsafe.Pointer
	len   int
	cap   int
}

func newobject(t *abi.Type) unsafe.Pointer { return mallocgc(t.Size_, t, true) }

// mallocgc gives size bytes for values of type t (nil: no pointers).
func mallocgc(size uintptr, t *abi.Type, needzero bool) unsafe.Pointer

// roundupsize is what mallocgc really reserves for size bytes.
func roundupsize(size uintptr, noscan bool) uintptr

func memmove(to, from unsafe.Pointer, n uintptr)

// memmovePointers is memmove of values with pointers to memory that the collector may be looking at: before, it is told
// what they overwrite.
func memmovePointers(to, from unsafe.Pointer, n uintptr)
func memclrNoHeapPointers(p unsafe.Pointer, n uintptr)
func memclrHasPointers(p unsafe.Pointer, n uintptr)

//go:noescape
func memequal(p, q unsafe.Pointer, n uintptr) bool

// moveTyped is memmove of n bytes of values of type t.
func moveTyped(t *abi.Type, to, from unsafe.Pointer, n uintptr) {
	if t.PtrBytes == 0 {
		memmove(to, from, n)
	} else {
		memmovePointers(to, from, n)
	}
}

// clearTyped clears n bytes of values of type t.
func clearTyped(t *abi.Type, p unsafe.Pointer, n uintptr) {
	if t.PtrBytes == 0 {
		memclrNoHeapPointers(p, n)
	} else {
		memclrHasPointers(p, n)
	}
}

func typedmemmove(t *abi.Type, dst, src unsafe.Pointer) { moveTyped(t, dst, src, t.Size_) }
func typedmemclr(t *abi.Type, p unsafe.Pointer)         { clearTyped(t, p, t.Size_) }

func makeslice(t *abi.Type, len, cap int) unsafe.Pointer {
	size, overflow := math.MulUintptr(t.Size_, uintptr(cap))
	if overflow || size > maxAlloc || len < 0 || len > cap {
		size, overflow := math.MulUintptr(t.Size_, uintptr(len))
		if overflow || size > maxAlloc || len < 0 {
			panicmakeslicelen()
		}
		panicmakeslicecap()
	}
	return mallocgc(size, t, true)
}

// nextcap is the capacity append aims at: double while small, then by a quarter more and more.
func nextcap(newLen, oldCap int) int {
	double := oldCap + oldCap
	if newLen > double {
		return newLen
	}
	const threshold = 256
	if oldCap < threshold {
		return double
	}
	c := oldCap
	for uint(c) < uint(newLen) {
		c += (c + 3*threshold) >> 2
	}
	if c <= 0 {
		return newLen
	}
	return c
}

// growslice gives a larger copy of a slice for append: newLen elements of which num are new.
func growslice(old unsafe.Pointer, newLen, oldCap, num int, t *abi.Type) slice {
	oldLen := newLen - num
	if newLen < 0 {
		panic(errorString("growslice: len out of range"))
	}
	if t.Size_ == 0 {
		return slice{unsafe.Pointer(&zerobase), newLen, newLen}
	}
	c := nextcap(newLen, oldCap)
	noscan := t.PtrBytes == 0
	size, overflow := math.MulUintptr(t.Size_, uintptr(c))
	if overflow || size > maxAlloc {
		panic(errorString("growslice: len out of range"))
	}
	size = roundupsize(size, noscan)
	c = int(size / t.Size_)
	size = uintptr(c) * t.Size_
	if size > maxAlloc {
		panic(errorString("growslice: len out of range"))
	}
	used := uintptr(oldLen) * t.Size_
	var p unsafe.Pointer
	if noscan {
		p = mallocgc(size, nil, false)
		filled := uintptr(newLen) * t.Size_
		memclrNoHeapPointers(add(p, filled), size-filled)
	} else {
		p = mallocgc(size, t, true)
	}
	memmove(p, old, used)
	return slice{p, newLen, c}
}

//go:linkname reflect_growslice reflect.growslice
func reflect_growslice(t *abi.Type, old slice, num int) slice {
	num -= old.cap - old.len
	s := growslice(old.array, old.cap+num, old.cap, num, t)
	if t.PtrBytes == 0 {
		used := uintptr(old.cap) * t.Size_
		memclrNoHeapPointers(add(s.array, used), uintptr(s.cap)*t.Size_-used)
	}
	s.len = old.len
	return s
}

func newarray(t *abi.Type, n int) unsafe.Pointer {
	size, overflow := math.MulUintptr(t.Size_, uintptr(n))
	if overflow || size > maxAlloc || n < 0 {
		panic(plainError("runtime: allocation size out of range"))
	}
	return mallocgc(size, t, true)
}

var zerobase uintptr
var zeroVal [abi.ZeroValSize]byte

//go:linkname zeroVal

var staticuint64s = makeStatic()

// makeStatic numbers the cells: the low byte of each is also the string of that one byte.
func makeStatic() (t [256]uint64) {
	for i := range t {
		t[i] = uint64(i)
	}
	return
}

// getStaticuint64s is for indexes of fields, which the program must not write to: a table in read-only memory.
func getStaticuint64s() *[256]uint64 { return constantNumbers() }

func constantNumbers() *[256]uint64

//go:linkname getStaticuint64s

//go:linkname reflect_typedmemmove reflect.typedmemmove
func reflect_typedmemmove(t *abi.Type, dst, src unsafe.Pointer) { typedmemmove(t, dst, src) }

//go:linkname reflectlite_typedmemmove internal/reflectlite.typedmemmove
func reflectlite_typedmemmove(t *abi.Type, dst, src unsafe.Pointer) { typedmemmove(t, dst, src) }

//go:linkname maps_typedmemmove internal/runtime/maps.typedmemmove
func maps_typedmemmove(t *abi.Type, dst, src unsafe.Pointer) { typedmemmove(t, dst, src) }

//go:linkname maps_typedmemclr internal/runtime/maps.typedmemclr
func maps_typedmemclr(t *abi.Type, p unsafe.Pointer) { typedmemclr(t, p) }

//go:linkname maps_newarray internal/runtime/maps.newarray
func maps_newarray(t *abi.Type, n int) unsafe.Pointer { return newarray(t, n) }

//go:linkname maps_newobject internal/runtime/maps.newobject
func maps_newobject(t *abi.Type) unsafe.Pointer { return newobject(t) }

//go:linkname reflect_memmove reflect.memmove
func reflect_memmove(dst, src unsafe.Pointer, n uintptr) { memmove(dst, src, n) }

//go:linkname reflect_typedmemclr reflect.typedmemclr
func reflect_typedmemclr(t *abi.Type, p unsafe.Pointer) { typedmemclr(t, p) }

//go:linkname reflect_typedmemclrpartial reflect.typedmemclrpartial
func reflect_typedmemclrpartial(t *abi.Type, p unsafe.Pointer, off, size uintptr) {
	clearTyped(t, p, size)
}

//go:linkname reflect_typedarrayclear reflect.typedarrayclear
func reflect_typedarrayclear(t *abi.Type, p unsafe.Pointer, n int) {
	clearTyped(t, p, t.Size_*uintptr(n))
}

//go:linkname reflect_typedslicecopy reflect.typedslicecopy
func reflect_typedslicecopy(t *abi.Type, dst, src slice) int {
	return typedslicecopy(t, dst.array, dst.len, src.array, src.len)
}

func typedslicecopy(t *abi.Type, dst unsafe.Pointer, dstLen int, src unsafe.Pointer, srcLen int) int {
	n := min(dstLen, srcLen)
	if n > 0 && dst != src {
		moveTyped(t, dst, src, uintptr(n)*t.Size_)
	}
	return n
}

//go:linkname reflect_unsafe_New reflect.unsafe_New
func reflect_unsafe_New(t *abi.Type) unsafe.Pointer { return newobject(t) }

//go:linkname reflectlite_unsafe_New internal/reflectlite.unsafe_New
func reflectlite_unsafe_New(t *abi.Type) unsafe.Pointer { return newobject(t) }

//go:linkname reflect_unsafe_NewArray reflect.unsafe_NewArray
func reflect_unsafe_NewArray(t *abi.Type, n int) unsafe.Pointer { return newarray(t, n) }

//go:linkname reflect_unsafeslice reflect.unsafeslice
func reflect_unsafeslice(t *abi.Type, p unsafe.Pointer, n int) { checkUnsafeSlice(t, p, n) }

func checkUnsafeSlice(t *abi.Type, p unsafe.Pointer, n int) {
	if n < 0 {
		panicunsafeslicelen()
	}
	if t.Size_ == 0 {
		if p == nil && n > 0 {
			panicunsafeslicenilptr()
		}
		return
	}
	size, overflow := math.MulUintptr(t.Size_, uintptr(n))
	if overflow || size > -uintptr(p) {
		if p == nil {
			panicunsafeslicenilptr()
		}
		panicunsafeslicelen()
	}
}

//go:linkname reflect_verifyNotInHeapPtr reflect.verifyNotInHeapPtr
func reflect_verifyNotInHeapPtr(p uintptr) bool { return !inHeap(p) && p != ^uintptr(0) }

// inHeap says whether p points into a span of the heap.
func inHeap(p uintptr) bool
