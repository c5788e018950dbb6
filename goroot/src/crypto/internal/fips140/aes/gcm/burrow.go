package gcm

import (
	"internal/cpu"
	"unsafe"
)

// gcmChunk is what a kernel of the runtime works on. (Its Rust side: native/gcm.rs.)
type gcmChunk struct {
	table    *[256]byte
	dst, src *byte
	n        int
	ctr, tag *[16]byte
	key      *uint32
	rounds   int
}

// chunkSize is how many bytes a kernel takes at most: it cannot be preempted. Whole blocks, eight of them at a time.
const chunkSize = 64 << 10

//go:noescape
func gcmSeal(c *gcmChunk)

//go:noescape
func gcmOpen(c *gcmChunk)

// The same by vectors of four blocks.

//go:noescape
func gcmSealWide(c *gcmChunk)

//go:noescape
func gcmOpenWide(c *gcmChunk)

func hasWide() bool {
	return cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VAES && cpu.X86.HasAVX512VPCLMULQDQ
}

// gcmHash hashes data, filled up with zeros to a multiple of 16 bytes.
//
//go:noescape
func gcmHash(productTable *[256]byte, data *byte, n int, T *[16]byte)

func gcmAesData(productTable *[256]byte, data []byte, T *[16]byte) {
	for len(data) > chunkSize {
		gcmHash(productTable, unsafe.SliceData(data), chunkSize, T)
		data = data[chunkSize:]
	}
	gcmHash(productTable, unsafe.SliceData(data), len(data), T)
}

func gcmAesEnc(productTable *[256]byte, dst, src []byte, ctr, T *[16]byte, ks []uint32) {
	c := gcmChunk{table: productTable, ctr: ctr, tag: T, key: &ks[0], rounds: len(ks)/4 - 1}
	for len(src) > 0 {
		c.n = min(len(src), chunkSize)
		c.dst, c.src = &dst[0], &src[0]
		if c.n >= 256 && hasWide() {
			gcmSealWide(&c)
		} else {
			gcmSeal(&c)
		}
		dst, src = dst[c.n:], src[c.n:]
	}
}

func gcmAesDec(productTable *[256]byte, dst, src []byte, ctr, T *[16]byte, ks []uint32) {
	c := gcmChunk{table: productTable, ctr: ctr, tag: T, key: &ks[0], rounds: len(ks)/4 - 1}
	for len(src) > 0 {
		c.n = min(len(src), chunkSize)
		c.dst, c.src = &dst[0], &src[0]
		if c.n >= 256 && hasWide() {
			gcmOpenWide(&c)
		} else {
			gcmOpen(&c)
		}
		dst, src = dst[c.n:], src[c.n:]
	}
}
