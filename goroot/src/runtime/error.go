// Package runtime is Burrow's own: the Go half of the runtime system. The other half is Rust (crate
// burrow-runtime); functions without a body in here are symbols of the runtime image, called as docs/abi.md
// (section 3) says.
package runtime

import (
	"internal/abi"
	"internal/bytealg"
	"unsafe"
)

// Error identifies a run time error, such as an index out of range.
type Error interface {
	error

	// RuntimeError has no effect; it tells run time errors from ordinary errors.
	RuntimeError()
}

// A TypeAssertionError explains a failed type assertion.
type TypeAssertionError struct {
	iface    *abi.Type
	concrete *abi.Type
	asserted *abi.Type
	missing  string // a method that concrete lacks
}

func (*TypeAssertionError) RuntimeError() {}

func (e *TypeAssertionError) Error() string {
	from := "interface"
	if e.iface != nil {
		from = typeString(e.iface)
	}
	to := typeString(e.asserted)
	if e.concrete == nil {
		return "interface conversion: " + from + " is nil, not " + to
	}
	have := typeString(e.concrete)
	if e.missing != "" {
		return "interface conversion: " + have + " is not " + to + ": missing method " + e.missing
	}
	text := "interface conversion: " + from + " is " + have + ", not " + to
	if have == to {
		if pkgPath(e.concrete) != pkgPath(e.asserted) {
			text += " (types from different packages)"
		} else {
			text += " (types from different scopes)"
		}
	}
	return text
}

// A PanicNilError happens when code calls panic(nil).
type PanicNilError struct {
	_ [0]func() // not comparable
}

func (*PanicNilError) Error() string {
	return "runtime error: panic called with nil argument"
}
func (*PanicNilError) RuntimeError() {}

// An errorString is a run time error with a fixed text.
type errorString string

func (e errorString) RuntimeError() {}
func (e errorString) Error() string { return "runtime error: " + string(e) }

// An errorAddressString is a run time error at an address of memory.
type errorAddressString struct {
	msg  string
	addr uintptr
}

func (e errorAddressString) RuntimeError() {}
func (e errorAddressString) Error() string { return "runtime error: " + e.msg }

// Addr is the address that faulted.
func (e errorAddressString) Addr() uintptr { return e.addr }

// A plainError is a run time error whose text has no prefix.
type plainError string

func (e plainError) RuntimeError() {}
func (e plainError) Error() string { return string(e) }

// A boundsError is an index or slice operation out of range.
type boundsError struct {
	x      int64
	y      int
	signed bool // x is signed
	code   boundsCode
}

type boundsCode uint8

const (
	boundsIndex boundsCode = iota
	boundsSliceAlen
	boundsSliceAcap
	boundsSliceB
	boundsSlice3Alen
	boundsSlice3Acap
	boundsSlice3B
	boundsSlice3C
	boundsConvert
)

// What a boundsError says: text before x, between x and y, after y; and after a negative x.
var boundsTexts = [...][4]string{
	boundsIndex:      {"index out of range [", "] with length ", "", "]"},
	boundsSliceAlen:  {"slice bounds out of range [:", "] with length ", "", "]"},
	boundsSliceAcap:  {"slice bounds out of range [:", "] with capacity ", "", "]"},
	boundsSliceB:     {"slice bounds out of range [", ":", "]", ":]"},
	boundsSlice3Alen: {"slice bounds out of range [::", "] with length ", "", "]"},
	boundsSlice3Acap: {"slice bounds out of range [::", "] with capacity ", "", "]"},
	boundsSlice3B:    {"slice bounds out of range [:", ":", "]", ":]"},
	boundsSlice3C:    {"slice bounds out of range [", ":", ":]", "::]"},
}

func (e boundsError) RuntimeError() {}

func (e boundsError) Error() string {
	x := itoaU(uint64(e.x))
	negative := e.signed && e.x < 0
	if negative {
		x = itoa(e.x)
	}
	y := itoa(int64(e.y))
	if e.code == boundsConvert {
		return "runtime error: cannot convert slice with length " + y +
			" to array or pointer to array with length " + x
	}
	t := &boundsTexts[e.code]
	if negative {
		return "runtime error: " + t[0] + x + t[3]
	}
	return "runtime error: " + t[0] + x + t[1] + y + t[2]
}

func itoaU(v uint64) string {
	var buf [20]byte
	i := len(buf)
	for {
		i--
		buf[i] = byte('0' + v%10)
		v /= 10
		if v == 0 {
			return string(buf[i:])
		}
	}
}

func itoa(v int64) string {
	if v < 0 {
		return "-" + itoaU(-uint64(v))
	}
	return itoaU(uint64(v))
}

type stringer interface{ String() string }

// printpanicval prints what a program panicked with: basic kinds plainly, anything else by type and address.
func printpanicval(v any) {
	switch v := v.(type) {
	case nil:
		print("nil")
	case string:
		printindented(v)
	case bool:
		print(v)
	case int:
		print(v)
	case int8:
		print(v)
	case int16:
		print(v)
	case int32:
		print(v)
	case int64:
		print(v)
	case uint:
		print(v)
	case uint8:
		print(v)
	case uint16:
		print(v)
	case uint32:
		print(v)
	case uint64:
		print(v)
	case uintptr:
		print(v)
	case float32:
		print(v)
	case float64:
		print(v)
	case complex64:
		print(v)
	case complex128:
		print(v)
	default:
		printCustom(v)
	}
}

// printCustom prints a value of a defined type: main.T(3) for basic kinds, (main.T) 0xc000.. for others.
func printCustom(v any) {
	e := efaceOf(&v)
	name := typeString(e.typ)
	switch e.typ.Kind_ {
	case abi.String:
		print(name, `("`)
		printindented(*(*string)(e.data))
		print(`")`)
	case abi.Bool:
		print(name, "(", *(*bool)(e.data), ")")
	case abi.Int, abi.Int64:
		print(name, "(", *(*int64)(e.data), ")")
	case abi.Int8:
		print(name, "(", *(*int8)(e.data), ")")
	case abi.Int16:
		print(name, "(", *(*int16)(e.data), ")")
	case abi.Int32:
		print(name, "(", *(*int32)(e.data), ")")
	case abi.Uint, abi.Uint64, abi.Uintptr:
		print(name, "(", *(*uint64)(e.data), ")")
	case abi.Uint8:
		print(name, "(", *(*uint8)(e.data), ")")
	case abi.Uint16:
		print(name, "(", *(*uint16)(e.data), ")")
	case abi.Uint32:
		print(name, "(", *(*uint32)(e.data), ")")
	case abi.Float32:
		print(name, "(", *(*float32)(e.data), ")")
	case abi.Float64:
		print(name, "(", *(*float64)(e.data), ")")
	case abi.Complex64:
		print(name, *(*complex64)(e.data))
	case abi.Complex128:
		print(name, *(*complex128)(e.data))
	default:
		print("(", name, ") ", e.data)
	}
}

// printindented prints s with a tab after each newline.
func printindented(s string) {
	for {
		i := bytealg.IndexByteString(s, '\n')
		if i < 0 {
			print(s)
			return
		}
		print(s[:i+1], "\t")
		s = s[i+1:]
	}
}

// panicwrap is called by the wrapper (*T).M of a value method T.M when its receiver is nil. The wrapper's name,
// pkg.(*T).M, says what to report.
func panicwrap() {
	var pcs [1]uintptr
	callersRaw(1, &pcs[0], 1)
	var f rawFrame
	frameAt(pcs[0]-1, 0, &f)
	name := f.name
	open := bytealg.IndexByteString(name, '(')
	if open < 1 || open+2 >= len(name) || name[open-1:open+2] != ".(*" {
		throw("panicwrap: unexpected function name " + name)
	}
	pkg, rest := name[:open-1], name[open+2:]
	end := bytealg.IndexByteString(rest, ')')
	if end < 0 || end+2 >= len(rest) {
		throw("panicwrap: unexpected function name " + name)
	}
	typ, method := rest[:end], rest[end+2:]
	panic(plainError("value method " + pkg + "." + typ + "." + method + " called using nil *" + typ + " pointer"))
}

type eface struct {
	typ  *abi.Type
	data unsafe.Pointer
}

type iface struct {
	tab  *itab
	data unsafe.Pointer
}

func efaceOf(p *any) *eface { return (*eface)(unsafe.Pointer(p)) }
