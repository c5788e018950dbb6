package maps

import "unsafe"

// memHash is GOROOT's memHashFallback, as a kernel of the runtime: loads of 8 bytes and multiplications.
func memHash(p unsafe.Pointer, seed, n uintptr, key *[4]uintptr) uintptr

func memHashFallback(p unsafe.Pointer, seed, n uintptr) uintptr {
	return memHash(p, seed, n, &hashkey)
}
