package runtime

import (
	"internal/strconv"
	"unsafe"
)

// The print and println built-ins. Each call is atomic: printlock and printunlock surround it.

func printlock()
func printunlock()

// printstring writes to standard error, or to the buffer of a goroutine's trace.
//
//go:noescape
func printstring(s string)

func printsp() { printstring(" ") }
func printnl() { printstring("\n") }

func printbool(v bool) {
	if v {
		printstring("true")
	} else {
		printstring("false")
	}
}

func printbytes(b []byte) {
	printstring(unsafe.String(unsafe.SliceData(b), len(b)))
}

func printuint(v uint64) {
	var buf [20]byte
	printbytes(strconv.AppendUint(buf[:0], v, 10))
}

func printint(v int64) {
	var buf [20]byte
	printbytes(strconv.AppendInt(buf[:0], v, 10))
}

func printhex(v uint64) {
	var buf [18]byte
	b := append(buf[:0], '0', 'x')
	printbytes(strconv.AppendUint(b, v, 16))
}

func printfloat64(v float64) {
	var buf [32]byte
	printbytes(strconv.AppendFloat(buf[:0], v, 'g', -1, 64))
}

func printfloat32(v float32) {
	var buf [32]byte
	printbytes(strconv.AppendFloat(buf[:0], float64(v), 'g', -1, 32))
}

func printcomplex128(c complex128) {
	var buf [64]byte
	printbytes(strconv.AppendComplex(buf[:0], c, 'g', -1, 128))
}

func printcomplex64(c complex64) {
	var buf [64]byte
	printbytes(strconv.AppendComplex(buf[:0], complex128(c), 'g', -1, 64))
}

func printpointer(p unsafe.Pointer) { printhex(uint64(uintptr(p))) }
func printuintptr(p uintptr)        { printhex(uint64(p)) }

func printslice(s []byte) {
	printstring("[")
	printint(int64(len(s)))
	printstring("/")
	printint(int64(cap(s)))
	printstring("]")
	printpointer(unsafe.Pointer(unsafe.SliceData(s)))
}

func printeface(e any) {
	w := efaceOf(&e)
	printWords(unsafe.Pointer(w.typ), w.data)
}

func printiface(i iface) { printWords(unsafe.Pointer(i.tab), i.data) }

func printWords(a, b unsafe.Pointer) {
	printstring("(")
	printpointer(a)
	printstring(",")
	printpointer(b)
	printstring(")")
}
