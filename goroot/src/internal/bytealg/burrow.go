package bytealg

import "unsafe"

// The originals are in assembly. Here the runtime has kernels that read a bounded number of bytes at a time, since they
// cannot be preempted.

// chunk is how many bytes a kernel reads at most.
const chunk = 256 << 10

//go:noescape
func indexByte(p *byte, n int, c byte) int

//go:noescape
func lastIndexByte(p *byte, n int, c byte) int

//go:noescape
func count(p *byte, n int, c byte) int

// index searches k bytes, two at least.
//
//go:noescape
func index(p *byte, n int, needle *byte, k int) int

func IndexByte(b []byte, c byte) int {
	if len(b) > chunk {
		return indexByteLong(unsafe.SliceData(b), len(b), c)
	}
	return indexByte(unsafe.SliceData(b), len(b), c)
}

func IndexByteString(s string, c byte) int {
	if len(s) > chunk {
		return indexByteLong(unsafe.StringData(s), len(s), c)
	}
	return indexByte(unsafe.StringData(s), len(s), c)
}

func indexByteLong(p *byte, n int, c byte) int {
	for at := 0; at < n; at += chunk {
		if i := indexByte((*byte)(unsafe.Add(unsafe.Pointer(p), at)), min(n-at, chunk), c); i >= 0 {
			return at + i
		}
	}
	return -1
}

func LastIndexByte(b []byte, c byte) int {
	return lastIndexByteLong(unsafe.SliceData(b), len(b), c)
}

func LastIndexByteString(s string, c byte) int {
	return lastIndexByteLong(unsafe.StringData(s), len(s), c)
}

func lastIndexByteLong(p *byte, n int, c byte) int {
	for n > chunk {
		n -= chunk
		if i := lastIndexByte((*byte)(unsafe.Add(unsafe.Pointer(p), n)), chunk, c); i >= 0 {
			return n + i
		}
	}
	return lastIndexByte(p, n, c)
}

func Count(b []byte, c byte) int {
	return countLong(unsafe.SliceData(b), len(b), c)
}

func CountString(s string, c byte) int {
	return countLong(unsafe.StringData(s), len(s), c)
}

func countLong(p *byte, n int, c byte) int {
	total := 0
	for n > chunk {
		total += count(p, chunk, c)
		n -= chunk
		p = (*byte)(unsafe.Add(unsafe.Pointer(p), chunk))
	}
	return total + count(p, n, c)
}

func Index(a, b []byte) int {
	return indexLong(unsafe.SliceData(a), len(a), unsafe.SliceData(b), len(b))
}

func IndexString(a, b string) int {
	return indexLong(unsafe.StringData(a), len(a), unsafe.StringData(b), len(b))
}

// indexLong searches pieces that overlap: a match may lie across a border.
func indexLong(p *byte, n int, needle *byte, k int) int {
	at := 0
	for n-at > chunk {
		if i := index((*byte)(unsafe.Add(unsafe.Pointer(p), at)), chunk, needle, k); i >= 0 {
			return at + i
		}
		at += chunk - k + 1
	}
	i := index((*byte)(unsafe.Add(unsafe.Pointer(p), at)), n-at, needle, k)
	if i < 0 {
		return -1
	}
	return at + i
}

func Compare(a, b []byte) int {
	return compare(unsafe.SliceData(a), len(a), unsafe.SliceData(b), len(b))
}

// compare is runtime.cmpstring, of strings in parts.
//
//go:linkname compare runtime.cmpstring
//go:noescape
func compare(p *byte, n int, q *byte, k int) int
