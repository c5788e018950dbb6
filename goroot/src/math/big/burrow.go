package big

import "unsafe"

// The originals are in assembly. Here the runtime has kernels that take a number of words and its address.

//go:noescape
func addWords(z, x, y *Word, n int) Word

//go:noescape
func subWords(z, x, y *Word, n int) Word

//go:noescape
func shiftLeft(z, x *Word, n int, s uint32) Word

//go:noescape
func shiftRight(z, x *Word, n int, s uint32) Word

//go:noescape
func mulWords(z, x *Word, n int, m, a Word) Word

//go:noescape
func addMulWords(z, x, y *Word, n int, m, a Word) Word

func addVV(z, x, y []Word) (c Word) {
	n := len(z)
	return addWords(unsafe.SliceData(z), unsafe.SliceData(x[:n]), unsafe.SliceData(y[:n]), n)
}

func subVV(z, x, y []Word) (c Word) {
	n := len(z)
	return subWords(unsafe.SliceData(z), unsafe.SliceData(x[:n]), unsafe.SliceData(y[:n]), n)
}

func lshVU(z, x []Word, s uint) (c Word) {
	n := len(z)
	if n == 0 || s == 0 {
		copy(z, x)
		return 0
	}
	return shiftLeft(&z[0], unsafe.SliceData(x[:n]), n, uint32(s))
}

func rshVU(z, x []Word, s uint) (c Word) {
	n := len(z)
	if n == 0 || s == 0 {
		copy(z, x)
		return 0
	}
	return shiftRight(&z[0], unsafe.SliceData(x[:n]), n, uint32(s))
}

func mulAddVWW(z, x []Word, m, a Word) (c Word) {
	n := len(z)
	return mulWords(unsafe.SliceData(z), unsafe.SliceData(x[:n]), n, m, a)
}

func addMulVVWW(z, x, y []Word, m, a Word) (c Word) {
	n := len(z)
	return addMulWords(unsafe.SliceData(z), unsafe.SliceData(x[:n]), unsafe.SliceData(y[:n]), n, m, a)
}
