package runtime

import (
	"internal/abi"
	"unsafe"
)

const runeError = '\uFFFD'

// rawstring gives n bytes that are not cleared, as a string and as the slice to fill it by.
func rawstring(n int) (string, []byte) {
	p := mallocgc(uintptr(n), nil, false)
	return unsafe.String((*byte)(p), n), unsafe.Slice((*byte)(p), n)
}

// A tmpBuf is room in a caller's frame for a short result that does not outlive it. The compiler passes nil, or, where
// escape analysis finds that the result stays, the address of one.
type tmpBuf [32]byte

// rawstringtmp is rawstring, in buf if there is one and it fits.
func rawstringtmp(buf *tmpBuf, n int) (string, []byte) {
	if buf != nil && n <= len(buf) {
		return unsafe.String(&buf[0], n), buf[:n]
	}
	return rawstring(n)
}

func rawbytes(n int) []byte {
	c := roundupsize(uintptr(n), true)
	p := mallocgc(c, nil, false)
	if c > uintptr(n) {
		memclrNoHeapPointers(add(p, uintptr(n)), c-uintptr(n))
	}
	return unsafe.Slice((*byte)(p), int(c))[:n]
}

// cmpstring gives -1, 0 or 1.
//
//go:noescape
func cmpstring(a, b string) int

func concatstring2(buf *tmpBuf, a, b string) string {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	n := len(a) + len(b)
	if n < 0 {
		throw("string concatenation too long")
	}
	s, to := rawstringtmp(buf, n)
	copy(to, a)
	copy(to[len(a):], b)
	return s
}

func concatstring3(buf *tmpBuf, a, b, c string) string {
	parts := [3]string{a, b, c}
	return concatstrings(buf, parts[:])
}

func concatstrings(buf *tmpBuf, parts []string) string {
	n, filled, last := 0, 0, 0
	for i, s := range parts {
		if len(s) == 0 {
			continue
		}
		if n+len(s) < n {
			throw("string concatenation too long")
		}
		n += len(s)
		filled++
		last = i
	}
	if filled == 0 {
		return ""
	}
	if filled == 1 {
		return parts[last]
	}
	s, to := rawstringtmp(buf, n)
	for _, part := range parts {
		copy(to, part)
		to = to[len(part):]
	}
	return s
}

func slicebytetostring(buf *tmpBuf, p *byte, n int) string {
	if n == 0 {
		return ""
	}
	if n == 1 {
		return unsafe.String((*byte)(unsafe.Pointer(&staticuint64s[*p])), 1)
	}
	s, to := rawstringtmp(buf, n)
	memmove(unsafe.Pointer(unsafe.SliceData(to)), unsafe.Pointer(p), uintptr(n))
	return s
}

func slicebytetostringtmp(p *byte, n int) string { return unsafe.String(p, n) }

func stringtoslicebyte(buf *tmpBuf, s string) []byte {
	if buf != nil && len(s) <= len(buf) {
		*buf = tmpBuf{}
		return buf[:copy(buf[:], s)]
	}
	if len(s) == 0 {
		return zeroBytes[:0:0]
	}
	b := rawbytes(len(s))
	copy(b, s)
	return b
}

var zeroBytes [1]byte

func stringtoslicerune(s string) []rune {
	n := countrunes(s)
	size := roundupsize(uintptr(n)*4, true)
	p := mallocgc(size, nil, true)
	a := unsafe.Slice((*rune)(p), int(size/4))[:n]
	i := 0
	for _, r := range s {
		a[i] = r
		i++
	}
	return a
}

func countrunes(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}

func slicerunetostring(a []rune) string {
	n := 0
	var tmp [4]byte
	for _, r := range a {
		n += encoderune(&tmp, r)
	}
	if n == 0 {
		return ""
	}
	s, buf := rawstring(n)
	at := 0
	for _, r := range a {
		w := encoderune(&tmp, r)
		copy(buf[at:], tmp[:w])
		at += w
	}
	return s
}

func intstring(v int64) string {
	if int64(rune(v)) != v {
		v = runeError
	}
	var tmp [4]byte
	n := encoderune(&tmp, rune(v))
	s, buf := rawstring(n)
	copy(buf, tmp[:n])
	return s
}

// encoderune writes r as UTF-8 and gives its length.
func encoderune(p *[4]byte, r rune) int {
	u := uint32(r)
	switch {
	case u < 0x80:
		p[0] = byte(u)
		return 1
	case u < 0x800:
		p[0] = 0xC0 | byte(u>>6)
		p[1] = 0x80 | byte(u)&0x3F
		return 2
	case u > 0x10FFFF, 0xD800 <= u && u < 0xE000:
		u = runeError
		fallthrough
	case u < 0x10000:
		p[0] = 0xE0 | byte(u>>12)
		p[1] = 0x80 | byte(u>>6)&0x3F
		p[2] = 0x80 | byte(u)&0x3F
		return 3
	default:
		p[0] = 0xF0 | byte(u>>18)
		p[1] = 0x80 | byte(u>>12)&0x3F
		p[2] = 0x80 | byte(u>>6)&0x3F
		p[3] = 0x80 | byte(u)&0x3F
		return 4
	}
}

// decoderune gives the rune that begins at s[k], and where the next one begins. Wrong encodings are runeError of
// length 1.
func decoderune(s string, k int) (r rune, pos int) {
	c0 := s[k]
	if c0 < 0x80 {
		return rune(c0), k + 1
	}
	rest := s[k:]
	tail := func(i int) (uint32, bool) {
		if i >= len(rest) || rest[i]&0xC0 != 0x80 {
			return 0, false
		}
		return uint32(rest[i] & 0x3F), true
	}
	switch {
	case c0 >= 0xC2 && c0 < 0xE0:
		if c1, ok := tail(1); ok {
			return rune(uint32(c0&0x1F)<<6 | c1), k + 2
		}
	case c0 >= 0xE0 && c0 < 0xF0:
		c1, ok1 := tail(1)
		c2, ok2 := tail(2)
		if ok1 && ok2 {
			u := uint32(c0&0x0F)<<12 | c1<<6 | c2
			if u >= 0x800 && !(0xD800 <= u && u < 0xE000) {
				return rune(u), k + 3
			}
		}
	case c0 >= 0xF0 && c0 < 0xF5:
		c1, ok1 := tail(1)
		c2, ok2 := tail(2)
		c3, ok3 := tail(3)
		if ok1 && ok2 && ok3 {
			u := uint32(c0&0x07)<<18 | c1<<12 | c2<<6 | c3
			if u >= 0x10000 && u <= 0x10FFFF {
				return rune(u), k + 4
			}
		}
	}
	return runeError, k + 1
}

func cstring(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(add(unsafe.Pointer(p), uintptr(n))) != 0 {
		n++
	}
	return unsafe.String(p, n)
}

func gostring(p *byte) string {
	s := cstring(p)
	return slicebytetostring(nil, unsafe.StringData(s), len(s))
}

//go:linkname bytealg_MakeNoZero internal/bytealg.MakeNoZero
func bytealg_MakeNoZero(n int) []byte {
	if n < 0 || n > maxAlloc {
		panicmakeslicelen()
	}
	c := roundupsize(uintptr(n), true)
	return unsafe.Slice((*byte)(mallocgc(c, nil, false)), int(c))[:n]
}

func add(p unsafe.Pointer, n uintptr) unsafe.Pointer { return unsafe.Pointer(uintptr(p) + n) }

var _ = abi.String
