package runtime

import (
	"internal/runtime/sys"
	"unsafe"
)

// A pc in a stack of Callers stands for one logical frame. Its upper 16 bits say how many inlined calls lie between
// the instruction and that frame: 0 is the innermost. So a stack may be cut anywhere, and each pc is
// understood alone.
const depthShift = 48

// A rawFrame is one logical frame, as the tables say.
type rawFrame struct {
	fn        unsafe.Pointer // record of the function in the linker's table
	name      string
	file      string
	line      int
	startLine int
	entry     uintptr
	parents   int // frames further out at the same pc
	flags     uintptr
}

// frameAt describes the frame at depth for the instruction at pc. It gives false outside of Go's text.
func frameAt(pc uintptr, depth int, f *rawFrame) bool

// callersRaw stores the logical frames of this goroutine, from the skip-th on; 0 is callersRaw's caller.
func callersRaw(skip int, pcs *uintptr, n int) int

// Frame is the information returned by Frames for each call frame.
type Frame struct {
	// PC is the program counter for the location in this frame.
	PC uintptr
	// Func is nil for inlined functions.
	Func *Func
	// Function is the package path-qualified function name.
	Function string
	// File and Line are the file name and line number of the location in this frame.
	File      string
	Line      int
	startLine int
	// Entry point program counter for the function; may be zero.
	Entry uintptr
}

// Frames may be used to get function/file/line information for a slice of PC values returned by Callers.
type Frames struct {
	callers []uintptr
}

// CallersFrames takes a slice of PC values returned by Callers and prepares to return function/file/line information.
func CallersFrames(callers []uintptr) *Frames { return &Frames{callers} }

// Next returns a Frame representing the next call frame in the slice of PC values.
func (ci *Frames) Next() (frame Frame, more bool) {
	for len(ci.callers) > 0 {
		pc := ci.callers[0]
		ci.callers = ci.callers[1:]
		if pc == 0 {
			continue
		}
		var f rawFrame
		at, depth := splitPC(pc)
		if !frameAt(at-1, depth, &f) {
			if at-1 == 0 {
				continue
			}
			return Frame{PC: pc - 1, Function: f.name}, len(ci.callers) > 0
		}
		frame = Frame{PC: at - 1, Function: f.name, File: f.file, Line: f.line, startLine: f.startLine, Entry: f.entry}
		if f.parents == 0 {
			frame.Func = (*Func)(f.fn)
		}
		return frame, len(ci.callers) > 0
	}
	return Frame{}, false
}

func splitPC(pc uintptr) (uintptr, int) { return pc & (1<<depthShift - 1), int(pc >> depthShift) }

// Caller reports file and line number information about function invocations on the calling goroutine's stack.
func Caller(skip int) (pc uintptr, file string, line int, ok bool) {
	var pcs [1]uintptr
	if callersRaw(skip+1, &pcs[0], 1) < 1 {
		return
	}
	var f rawFrame
	at, depth := splitPC(pcs[0])
	frameAt(at-1, depth, &f)
	return pcs[0], f.file, f.line, true
}

// Callers fills the slice pc with the return program counters of function invocations on the calling goroutine's
// stack. 0 identifies the frame for Callers itself and 1 its caller.
func Callers(skip int, pc []uintptr) int {
	if len(pc) == 0 {
		return 0
	}
	return callersRaw(skip, &pc[0], len(pc))
}

// callers is Callers under the name that other modules link to.
func callers(skip int, pcbuf []uintptr) int { return Callers(skip, pcbuf) }

// A Func represents a Go function in the running binary. It points to the linker's record, or to an inlinedFunc.
type Func struct{ opaque struct{} }

// An inlinedFunc is a Func for a call that was inlined.
type inlinedFunc struct {
	name, file      string
	line, startLine int
	entry           uintptr
}

// funcTable gives the bounds of the linker's function records.
func funcTable() (start, end uintptr)

func (f *Func) inlined() *inlinedFunc {
	start, end := funcTable()
	if p := uintptr(unsafe.Pointer(f)); p >= start && p < end {
		return nil
	}
	return (*inlinedFunc)(unsafe.Pointer(f))
}

// funcInfo describes a linker record.
func funcInfo(fn unsafe.Pointer, f *rawFrame)

// FuncForPC returns a *Func describing the function that contains the given program counter address, or else nil.
func FuncForPC(pc uintptr) *Func {
	at, depth := splitPC(pc)
	var f rawFrame
	if !frameAt(at, depth, &f) {
		return nil
	}
	if f.fn != nil && (f.parents == 0 || at == f.entry) {
		return (*Func)(f.fn)
	}
	return (*Func)(unsafe.Pointer(&inlinedFunc{f.name, f.file, f.line, f.startLine, f.entry}))
}

// Name returns the name of the function.
func (f *Func) Name() string {
	if f == nil {
		return ""
	}
	if i := f.inlined(); i != nil {
		return i.name
	}
	var r rawFrame
	funcInfo(unsafe.Pointer(f), &r)
	return r.name
}

// Entry returns the entry address of the function.
func (f *Func) Entry() uintptr {
	if i := f.inlined(); i != nil {
		return i.entry
	}
	var r rawFrame
	funcInfo(unsafe.Pointer(f), &r)
	return r.entry
}

// FileLine returns the file name and line number of the source code corresponding to the program counter pc.
func (f *Func) FileLine(pc uintptr) (file string, line int) {
	if i := f.inlined(); i != nil {
		return i.file, i.line
	}
	var r rawFrame
	at, depth := splitPC(pc)
	if !frameAt(at, depth, &r) {
		return "?", 0
	}
	return r.file, r.line
}

func (f *Func) startLine() int {
	if i := f.inlined(); i != nil {
		return i.startLine
	}
	var r rawFrame
	funcInfo(unsafe.Pointer(f), &r)
	return r.startLine
}

//go:linkname pprof_FrameStartLine runtime/pprof.runtime_FrameStartLine
func pprof_FrameStartLine(f *Frame) int { return f.startLine }

//go:linkname pprof_FrameSymbolName runtime/pprof.runtime_FrameSymbolName
func pprof_FrameSymbolName(f *Frame) string {
	// Instances of a generic function are told apart.
	if f.Func != nil && hasDots(f.Function) {
		if name := genericName(f.Entry); name != "" {
			return name
		}
	}
	return f.Function
}

// genericName is the name with type arguments of the function that begins at entry, "" if it is not known.
func genericName(entry uintptr) string

func hasDots(name string) bool {
	for i := 0; i+5 <= len(name); i++ {
		if name[i:i+5] == "[...]" {
			return true
		}
	}
	return false
}

//go:linkname pprof_expandFinalInlineFrame runtime/pprof.runtime_expandFinalInlineFrame
func pprof_expandFinalInlineFrame(stk []uintptr) []uintptr {
	if len(stk) == 0 {
		return stk
	}
	// A stack that was cut within inlined calls gets the rest of them.
	last := stk[len(stk)-1]
	at, depth := splitPC(last)
	var f rawFrame
	if at == 0 || !frameAt(at-1, depth, &f) || f.parents == 0 {
		return stk
	}
	stk = append([]uintptr(nil), stk...)
	for i := 1; i <= f.parents; i++ {
		stk = append(stk, at|uintptr(depth+i)<<depthShift)
	}
	return stk
}

// stackText writes the trace of this goroutine, or of all, and gives its length.
func stackText(buf *byte, n int, all bool) int

// Stack formats a stack trace of the calling goroutine into buf and returns the number of bytes written to buf. If all
// is true, Stack formats stack traces of all other goroutines into buf after the trace for the current goroutine.
//
//go:noinline
func Stack(buf []byte, all bool) int {
	if len(buf) == 0 {
		return 0
	}
	return stackText(&buf[0], len(buf), all)
}

var _ = sys.GetCallerPC
