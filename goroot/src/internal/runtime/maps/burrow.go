package maps

import (
	"internal/abi"
	"unsafe"
)

// memHash is GOROOT's memHashFallback, as a kernel of the runtime: loads of 8 bytes and multiplications.
//
//go:noescape
func memHash(p unsafe.Pointer, seed, n uintptr, key *[4]uintptr) uintptr

func memHashFallback(p unsafe.Pointer, seed, n uintptr) uintptr {
	return memHash(p, seed, n, &hashkey)
}

// The original methods have pointers as receivers: a group's reference would live on the heap, one more for each
// group that is looked at.

func (g groupReference) ctrls() *ctrlGroup { return (*ctrlGroup)(g.data) }

func (g groupReference) key(typ *abi.MapType, i uintptr) unsafe.Pointer {
	return unsafe.Add(g.data, typ.KeysOff+i*typ.KeyStride)
}

func (g groupReference) elem(typ *abi.MapType, i uintptr) unsafe.Pointer {
	return unsafe.Add(g.data, typ.ElemsOff+i*typ.ElemStride)
}
