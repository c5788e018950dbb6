package crc32

import (
	"internal/cpu"
	"unsafe"
)

// The original has assembly for both polynomials. Here the runtime has kernels for whole lanes of 16 bytes; what is left
// goes by table or instruction.

// chunk is how many bytes a kernel takes at most: it cannot be preempted.
const chunk = 256 << 10

// The raw CRC, not inverted, of n bytes: a multiple of 16, not 0; 256 at least for the wide ones.

//go:noescape
func ieeeFold(crc uint32, p *byte, n int) uint32

//go:noescape
func ieeeFoldWide(crc uint32, p *byte, n int) uint32

//go:noescape
func castagnoliFold(crc uint32, p *byte, n int) uint32

//go:noescape
func castagnoliFoldWide(crc uint32, p *byte, n int) uint32

// castagnoliShort takes any number of bytes.
//
//go:noescape
func castagnoliShort(crc uint32, p *byte, n int) uint32

func hasFold() bool { return cpu.X86.HasPCLMULQDQ && cpu.X86.HasSSE41 }

func hasFoldWide() bool {
	return cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512VPCLMULQDQ
}

var tableIEEE *slicing8Table

func archAvailableIEEE() bool { return hasFold() }
func archInitIEEE()           { tableIEEE = slicingMakeTable(IEEE) }

func archUpdateIEEE(crc uint32, p []byte) uint32 {
	for len(p) >= 16 {
		n := min(len(p), chunk) &^ 15
		if n >= 256 && hasFoldWide() {
			crc = ^ieeeFoldWide(^crc, unsafe.SliceData(p), n)
		} else {
			crc = ^ieeeFold(^crc, unsafe.SliceData(p), n)
		}
		p = p[n:]
	}
	if len(p) == 0 {
		return crc
	}
	return slicingUpdate(crc, tableIEEE, p)
}

func archAvailableCastagnoli() bool { return cpu.X86.HasSSE42 && hasFold() }
func archInitCastagnoli()           {}

func archUpdateCastagnoli(crc uint32, p []byte) uint32 {
	for len(p) >= 128 {
		n := min(len(p), chunk) &^ 15
		if n >= 256 && hasFoldWide() {
			crc = ^castagnoliFoldWide(^crc, unsafe.SliceData(p), n)
		} else {
			crc = ^castagnoliFold(^crc, unsafe.SliceData(p), n)
		}
		p = p[n:]
	}
	return ^castagnoliShort(^crc, unsafe.SliceData(p), len(p))
}
