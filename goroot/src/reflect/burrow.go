package reflect

import (
	"internal/abi"
	"sync"
	"unsafe"
)

// Calls by reflection with Burrow's calling convention (docs/abi.md, sections 1 and 2).
//
// The rest of the package knows only memory frames: receiver, arguments, results, each at its natural alignment, since
// abi.IntArgRegs is 0. A frame's type, as funcLayout makes it, carries a plan of how the frame's parts travel in
// registers; call and the stubs of MakeFunc and method values follow it.

// A frameType is what funcLayout gives out as a *abi.Type.
type frameType struct {
	abi.Type
	args      []frameStep
	results   []frameStep
	area      bool    // results go to memory, by a pointer passed first
	retOffset uintptr // start of the results in the frame
	retSize   uintptr
	pop       uintptr // bytes of stack arguments
}

// A frameStep is one scalar, or the address of a part in memory.
type frameStep struct {
	offset uintptr
	size   uint8 // 1, 2, 4, 8; 0: pass the address
	float  bool
}

// Registers of a call; the layout is known to the runtime.
type nativeRegs struct {
	ints    [6]unsafe.Pointer
	floats  [8]uint64
	stack   unsafe.Pointer // stack arguments
	nstack  uintptr        // words of them, even
	rints   [8]unsafe.Pointer
	rfloats [8]uint64
	pop     uintptr
}

const maxFlat = 4

// flatten appends the scalars of a t at offset off; false if t travels in memory.
func flatten(steps []frameStep, t *abi.Type, off uintptr) ([]frameStep, bool) {
	word := func(i uintptr) { steps = append(steps, frameStep{off + i*8, 8, false}) }
	switch Kind(t.Kind()) {
	case Float32:
		return append(steps, frameStep{off, 4, true}), true
	case Float64:
		return append(steps, frameStep{off, 8, true}), true
	case Complex64:
		return append(steps, frameStep{off, 4, true}, frameStep{off + 4, 4, true}), true
	case Complex128:
		return append(steps, frameStep{off, 8, true}, frameStep{off + 8, 8, true}), true
	case String, Interface:
		word(0)
		word(1)
		return steps, true
	case Slice:
		word(0)
		word(1)
		word(2)
		return steps, true
	case Array:
		a := (*arrayType)(unsafe.Pointer(t))
		switch {
		case a.Len == 0 || t.Size_ == 0:
			return steps, true
		case a.Len == 1:
			return flatten(steps, a.Elem, off)
		}
		return steps, false
	case Struct:
		if t.Size_ == 0 {
			return steps, true
		}
		s := (*structType)(unsafe.Pointer(t))
		start := len(steps)
		ok := true
		for i := range s.Fields {
			f := &s.Fields[i]
			if steps, ok = flatten(steps, f.Typ, off+f.Offset); !ok || len(steps)-start > maxFlat {
				return steps[:start], false
			}
		}
		return steps, true
	}
	return append(steps, frameStep{off, uint8(t.Size_), false}), true
}

var frameTypes sync.Map // frameKey to *frameEntry

type frameKey struct {
	t    *funcType
	rcvr *abi.Type
}

type frameEntry struct {
	t    *frameType
	pool sync.Pool
	abid abiDesc
}

// funcLayout describes the frame of a call of a t, with a receiver of one word if rcvr is not nil.
func funcLayout(t *funcType, rcvr *abi.Type) (frametype *abi.Type, framePool *sync.Pool, abid abiDesc) {
	key := frameKey{t, rcvr}
	if e, ok := frameTypes.Load(key); ok {
		e := e.(*frameEntry)
		return &e.t.Type, &e.pool, e.abid
	}
	e := &frameEntry{t: new(frameType), abid: newAbiDesc(t, rcvr)}
	e.t.plan(t, rcvr, &e.abid)
	e.pool.New = func() any { return unsafe_New(&e.t.Type) }
	old, _ := frameTypes.LoadOrStore(key, e)
	e = old.(*frameEntry)
	return &e.t.Type, &e.pool, e.abid
}

func (f *frameType) plan(t *funcType, rcvr *abi.Type, abid *abiDesc) {
	f.Align_ = 8
	f.Kind_ = abi.Struct
	f.Size_ = align(abid.retOffset+abid.ret.stackBytes, 8)
	f.PtrBytes = uintptr(abid.stackPtrs.n) * 8
	if abid.stackPtrs.n > 0 {
		f.GCData = &abid.stackPtrs.data[0]
	}
	f.retOffset = abid.retOffset
	f.retSize = f.Size_ - abid.retOffset
	off := uintptr(0)
	for _, r := range t.OutSlice() {
		off = align(off, uintptr(r.Align_))
		var ok bool
		if f.results, ok = flatten(f.results, r, f.retOffset+off); !ok {
			f.area = true
		}
		off += r.Size_
	}
	ints, floats := count(f.results)
	if ints > 8 || floats > 8 {
		f.area = true
	}
	off = 0
	if rcvr != nil {
		f.args = append(f.args, frameStep{0, 8, false})
		off = 8
	}
	for _, p := range t.InSlice() {
		off = align(off, uintptr(p.Align_))
		var ok bool
		if f.args, ok = flatten(f.args, p, off); !ok {
			f.args = append(f.args, frameStep{off, 0, false})
		}
		off += p.Size_
	}
	ints, floats = count(f.args)
	if f.area {
		ints++
	}
	words := max(ints-6, 0) + max(floats-8, 0)
	f.pop = uintptr(words+1) &^ 1 * 8
}

func count(steps []frameStep) (ints, floats int) {
	for _, s := range steps {
		if s.float {
			floats++
		} else {
			ints++
		}
	}
	return
}

// get reads a scalar at p.
func (s frameStep) get(p unsafe.Pointer) uintptr {
	switch s.size {
	case 1:
		return uintptr(*(*uint8)(p))
	case 2:
		return uintptr(*(*uint16)(p))
	case 4:
		return uintptr(*(*uint32)(p))
	}
	return *(*uintptr)(p)
}

// put writes a scalar to p.
func (s frameStep) put(p unsafe.Pointer, v uintptr) {
	switch s.size {
	case 1:
		*(*uint8)(p) = uint8(v)
	case 2:
		*(*uint16)(p) = uint16(v)
	case 4:
		*(*uint32)(p) = uint32(v)
	default:
		*(*uintptr)(p) = v
	}
}

// A slots walks over the places of arguments in registers and on the stack.
type slots struct {
	r                   *nativeRegs
	ints, floats, words int
}

func (s *slots) next(float bool) *uintptr {
	if float && s.floats < 8 {
		s.floats++
		return (*uintptr)(unsafe.Pointer(&s.r.floats[s.floats-1]))
	}
	if !float && s.ints < 6 {
		s.ints++
		return (*uintptr)(unsafe.Pointer(&s.r.ints[s.ints-1]))
	}
	s.words++
	return (*uintptr)(unsafe.Add(s.r.stack, (s.words-1)*8))
}

// nativeCall calls the func value fn with the registers in r and leaves its results there.
func nativeCall(fn unsafe.Pointer, r *nativeRegs)

// call calls the func value f with a frame made by funcLayout: frame is its type.
func call(frame *abi.Type, f, args unsafe.Pointer, argSize, retOffset, frameSize uint32, regs *abi.RegArgs) {
	ft := (*frameType)(unsafe.Pointer(frame))
	r := new(nativeRegs)
	if ft.pop > 0 {
		words := make([]unsafe.Pointer, ft.pop/8)
		r.stack = unsafe.Pointer(&words[0])
		r.nstack = uintptr(len(words))
	}
	s := slots{r: r}
	if ft.area {
		*s.next(false) = uintptr(args) + ft.retOffset
	}
	for _, a := range ft.args {
		p := unsafe.Add(args, a.offset)
		if a.size == 0 {
			*s.next(false) = uintptr(p)
		} else {
			*s.next(a.float) = a.get(p)
		}
	}
	nativeCall(f, r)
	if !ft.area {
		ints, floats := 0, 0
		for _, a := range ft.results {
			p := unsafe.Add(args, a.offset)
			if a.float {
				a.put(p, uintptr(r.rfloats[floats]))
				floats++
			} else {
				a.put(p, uintptr(r.rints[ints]))
				ints++
			}
		}
	}
	keepAlive(args)
	keepAlive(r)
}

//go:noinline
func keepAlive(p any) {}

// stubAddress gives the code of the closures that MakeFunc (0) and method values (1) are; setStubHandler says which
// function these call.
func stubAddress(which int) uintptr
func setStubHandler(f func(ctxt unsafe.Pointer, r *nativeRegs, method bool))

func init() { setStubHandler(stubCalled) }

func methodValueCallCodePtr() uintptr { return stubAddress(1) }

// Never called: the stubs are the runtime's.
func makeFuncStub()    {}
func methodValueCall() {}

// MakeFunc returns a new function of the given Type that wraps the function fn. When called, that new function converts
// its arguments to a slice of Values, runs results := fn(args), and returns the results as a slice of Values, one per
// formal result.
func MakeFunc(typ Type, fn func(args []Value) (results []Value)) Value {
	t := typ.common()
	if toType(t).Kind() != Func {
		panic("reflect: call of MakeFunc with non-Func type")
	}
	ftyp := (*funcType)(unsafe.Pointer(t))
	impl := &makeFuncImpl{ftyp: ftyp, fn: fn}
	impl.makeFuncCtxt.fn = stubAddress(0)
	return Value{t, unsafe.Pointer(impl), flag(Func)}
}

// stubCalled answers the call of a function made by MakeFunc, or of a method value: the arguments are in r.
func stubCalled(ctxt unsafe.Pointer, r *nativeRegs, method bool) {
	var ftyp *funcType
	if method {
		m := (*methodValue)(ctxt)
		_, ftyp, _ = methodReceiver("call", m.rcvr, m.method)
	} else {
		ftyp = (*makeFuncImpl)(ctxt).ftyp
	}
	t, _, _ := funcLayout(ftyp, nil)
	ft := (*frameType)(unsafe.Pointer(t))
	frame := unsafe_New(t)
	s := slots{r: r}
	var area unsafe.Pointer
	if ft.area {
		area = unsafe.Pointer(*s.next(false))
	}
	in := ftyp.InSlice()
	off, next := uintptr(0), 0
	for _, p := range in {
		off = align(off, uintptr(p.Align_))
		if next < len(ft.args) && ft.args[next].size == 0 && ft.args[next].offset == off && p.Size_ > 0 {
			typedmemmove(p, unsafe.Add(frame, off), unsafe.Pointer(*s.next(false)))
			next++
		} else {
			for next < len(ft.args) && ft.args[next].offset < off+p.Size_ {
				a := ft.args[next]
				a.put(unsafe.Add(frame, a.offset), *s.next(a.float))
				next++
			}
		}
		off += p.Size_
	}
	var valid bool
	var regs abi.RegArgs
	if method {
		callMethod((*methodValue)(ctxt), frame, &valid, &regs)
	} else {
		callReflect((*makeFuncImpl)(ctxt), frame, &valid, &regs)
	}
	if ft.area {
		memmove(area, unsafe.Add(frame, ft.retOffset), resultSize(ftyp))
	} else {
		ints, floats := 0, 0
		for _, a := range ft.results {
			v := a.get(unsafe.Add(frame, a.offset))
			if a.float {
				r.rfloats[floats] = uint64(v)
				floats++
			} else {
				r.rints[ints] = unsafe.Pointer(v)
				ints++
			}
		}
	}
	r.pop = ft.pop
	keepAlive(frame)
}

// resultSize is the size of the results laid out as a struct, without padding at the end.
func resultSize(t *funcType) uintptr {
	off := uintptr(0)
	for _, r := range t.OutSlice() {
		off = align(off, uintptr(r.Align_)) + r.Size_
	}
	return off
}
