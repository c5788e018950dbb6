package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"unsafe"
)

// A MemStats records statistics about the memory allocator.
type MemStats struct {
	Alloc         uint64 // bytes of allocated heap objects
	TotalAlloc    uint64 // cumulative bytes allocated for heap objects
	Sys           uint64 // bytes obtained from the system
	Lookups       uint64 // always 0
	Mallocs       uint64 // cumulative count of heap objects allocated
	Frees         uint64 // cumulative count of heap objects freed
	HeapAlloc     uint64 // bytes of allocated heap objects
	HeapSys       uint64 // bytes of heap memory obtained from the system
	HeapIdle      uint64 // bytes in idle (unused) spans
	HeapInuse     uint64 // bytes in in-use spans
	HeapReleased  uint64 // bytes of physical memory returned to the system
	HeapObjects   uint64 // number of allocated heap objects
	StackInuse    uint64
	StackSys      uint64
	MSpanInuse    uint64
	MSpanSys      uint64
	MCacheInuse   uint64
	MCacheSys     uint64
	BuckHashSys   uint64
	GCSys         uint64
	OtherSys      uint64
	NextGC        uint64      // target heap size of the next GC cycle
	LastGC        uint64      // time the last collection finished, as nanoseconds since 1970
	PauseTotalNs  uint64      // cumulative nanoseconds in stop-the-world pauses
	PauseNs       [256]uint64 // circular buffer of recent pause times
	PauseEnd      [256]uint64 // circular buffer of recent pause end times
	NumGC         uint32      // number of completed GC cycles
	NumForcedGC   uint32      // number of cycles forced by a call of GC
	GCCPUFraction float64
	EnableGC      bool // always true
	DebugGC       bool // unused
	BySize        [61]struct {
		Size    uint32
		Mallocs uint64
		Frees   uint64
	}
}

// ReadMemStats populates m with memory allocator statistics.
func ReadMemStats(m *MemStats) {
	*m = MemStats{}
	readMemStats(m)
	m.EnableGC = true
}

// readMemStats fills in the numbers, with the world stopped.
func readMemStats(m *MemStats)

// GC runs a garbage collection and blocks the caller until the garbage collection is complete.
func GC() { collect() }

// collect runs a collection that begins after the call, and waits for its end.
func collect()

//go:linkname debug_freeOSMemory runtime/debug.freeOSMemory
func debug_freeOSMemory() {
	GC()
	releaseMemory()
	releaseStacks()
}

func releaseStacks()

func releaseMemory()

//go:linkname debug_setGCPercent runtime/debug.setGCPercent
func debug_setGCPercent(percent int32) int32 { return setGCPercent(percent) }

func setGCPercent(percent int32) int32

//go:linkname debug_setMemoryLimit runtime/debug.setMemoryLimit
func debug_setMemoryLimit(limit int64) int64 { return setMemoryLimit(limit) }

func setMemoryLimit(limit int64) int64

//go:linkname debug_setMaxStack runtime/debug.setMaxStack
func debug_setMaxStack(n int) int { return setMaxStack(n) }

func setMaxStack(n int) int

//go:linkname debug_setMaxThreads runtime/debug.setMaxThreads
func debug_setMaxThreads(n int) int { return setMaxThreads(n) }

func setMaxThreads(n int) int

//go:linkname debug_readGCStats runtime/debug.readGCStats
func debug_readGCStats(pauses *[]uint64) {
	var m MemStats
	readMemStats(&m)
	n := int(min(m.NumGC, 256))
	p := (*pauses)[:0]
	for i := 0; i < n; i++ {
		p = append(p, m.PauseNs[(int(m.NumGC)-1-i)%256])
	}
	for i := 0; i < n; i++ {
		p = append(p, m.PauseEnd[(int(m.NumGC)-1-i)%256])
	}
	*pauses = append(p, m.LastGC, uint64(m.NumGC), m.PauseTotalNs)
}

//go:linkname debug_WriteHeapDump runtime/debug.WriteHeapDump
func debug_WriteHeapDump(fd uintptr) {
	m := new(MemStats)
	ReadMemStats(m)
	writeHeapDump(fd, m)
}

func writeHeapDump(fd uintptr, m *MemStats)

// ---- finalizers, cleanups, weak pointers: "specials" of heap objects

const (
	specialFinalizer = 1
	specialCleanup   = 2
)

// addSpecial attaches fn to the object that holds p; fn is called with the address once it is unreachable. It gives the
// special's number, 0 if p is no pointer into the heap (of a static variable: never called), and -1 for a second finalizer.
func addSpecial(p unsafe.Pointer, kind int, fn func(unsafe.Pointer)) int

// removeSpecial removes finalizers of p (id 0), or one cleanup.
func removeSpecial(p unsafe.Pointer, kind int, id int)

// objectBase gives start and size of the heap object that holds p; 0 if there is none.
func objectBase(p unsafe.Pointer) (base unsafe.Pointer, size uintptr)

// nextSpecial waits for an object with a special to become unreachable.
func nextSpecial() (fn func(unsafe.Pointer), p unsafe.Pointer)

var finalizersRun atomic.Uint32

func startFinalizers() {
	if finalizersRun.CompareAndSwap(0, 1) {
		startSystem(runFinalizers)
	}
}

// startSystem starts a goroutine of the runtime: hidden from traces and counts.
func startSystem(fn func())

// runFinalizers is a goroutine of the runtime: it calls finalizers and cleanups, one after the other.
func runFinalizers() {
	for {
		fn, p := nextSpecial()
		fn(p)
		specialDone()
	}
}

// specialDone notes that a finalizer has returned, for those who wait until all have.
func specialDone()

// SetFinalizer sets the finalizer associated with obj to the provided finalizer function.
func SetFinalizer(obj any, finalizer any) {
	e := efaceOf(&obj)
	if e.typ == nil {
		throw("runtime.SetFinalizer: first argument is nil")
	}
	if e.typ.Kind_ != abi.Pointer {
		throw("runtime.SetFinalizer: first argument is " + typeString(e.typ) + ", not pointer")
	}
	elem := (*abi.PtrType)(unsafe.Pointer(e.typ)).Elem
	if e.data == nil {
		throw("runtime.SetFinalizer: pointer is nil")
	}
	if elem.Size_ == 0 {
		return
	}
	base, _ := objectBase(e.data)
	f := efaceOf(&finalizer)
	if f.typ == nil {
		removeSpecial(e.data, specialFinalizer, 0)
		return
	}
	if base == nil {
		if inStaticData(uintptr(e.data)) {
			return
		}
		throw("runtime.SetFinalizer: pointer not in heap")
	}
	if base != e.data && (elem.PtrBytes != 0 || elem.Size_ >= 16) {
		throw("runtime.SetFinalizer: pointer not at beginning of allocated block")
	}
	if f.typ.Kind_ != abi.Func {
		throw("runtime.SetFinalizer: second argument is " + typeString(f.typ) + ", not a function")
	}
	ft := (*abi.FuncType)(unsafe.Pointer(f.typ))
	if ft.IsVariadic() {
		throw("runtime.SetFinalizer: cannot pass " + typeString(e.typ) + " to finalizer " + typeString(f.typ) + " because dotdotdot")
	}
	if ft.NumIn() != 1 {
		throw("runtime.SetFinalizer: cannot pass " + typeString(e.typ) + " to finalizer " + typeString(f.typ))
	}
	startFinalizers()
	call := finalizerCall(e.typ, ft, f.data)
	if call == nil {
		throw("runtime.SetFinalizer: cannot pass " + typeString(e.typ) + " to finalizer " + typeString(f.typ))
	}
	if addSpecial(e.data, specialFinalizer, call) < 0 {
		throw("runtime.SetFinalizer: finalizer already set")
	}
}

// finalizerCall adapts a finalizer of type ft to a pointer of type t, nil if that cannot be passed.
func finalizerCall(t *abi.Type, ft *abi.FuncType, fn unsafe.Pointer) func(unsafe.Pointer) {
	in := ft.In(0)
	area := resultArea(ft)
	switch {
	case in == t, in.Kind_ == abi.Pointer && (t.Uncommon() == nil || in.Uncommon() == nil) &&
		(*abi.PtrType)(unsafe.Pointer(in)).Elem == (*abi.PtrType)(unsafe.Pointer(t)).Elem:
		if area > 0 {
			f := *(*func(area, p unsafe.Pointer))(unsafe.Pointer(&fn))
			return func(p unsafe.Pointer) { f(unsafe.Pointer(&make([]unsafe.Pointer, area)[0]), p) }
		}
		f := *(*func(unsafe.Pointer))(unsafe.Pointer(&fn))
		return func(p unsafe.Pointer) { f(p) }
	case in.Kind_ == abi.Interface:
		it := (*abi.InterfaceType)(unsafe.Pointer(in))
		tab := unsafe.Pointer(t)
		if len(it.Methods) != 0 {
			tab = unsafe.Pointer(assertE2I2(it, t))
			if tab == nil {
				return nil
			}
		}
		if area > 0 {
			f := *(*func(area, tab, p unsafe.Pointer))(unsafe.Pointer(&fn))
			return func(p unsafe.Pointer) { f(unsafe.Pointer(&make([]unsafe.Pointer, area)[0]), tab, p) }
		}
		f := *(*func(tab, p unsafe.Pointer))(unsafe.Pointer(&fn))
		return func(p unsafe.Pointer) { f(tab, p) }
	}
	return nil
}

// resultArea is the number of words for the results of a function of type ft, 0 if they are in registers
// (docs/abi.md, section 2).
func resultArea(ft *abi.FuncType) uintptr {
	ints, floats, flat, size := 0, 0, true, uintptr(0)
	for i := 0; i < ft.NumOut(); i++ {
		t := ft.Out(i)
		before := ints + floats
		flat = flatten(t, &ints, &floats) && (t.Kind_ != abi.Struct || ints+floats-before <= 4) && flat
		size = (size + uintptr(t.Align_) - 1) &^ (uintptr(t.Align_) - 1)
		size += t.Size_
	}
	if flat && ints <= 8 && floats <= 8 {
		return 0
	}
	return (size + 7) / 8
}

// flatten counts the scalars of a t; false if t travels in memory.
func flatten(t *abi.Type, ints, floats *int) bool {
	switch t.Kind_ {
	case abi.Float32, abi.Float64:
		*floats++
	case abi.Complex64, abi.Complex128:
		*floats += 2
	case abi.String, abi.Interface:
		*ints += 2
	case abi.Slice:
		*ints += 3
	case abi.Array:
		a := (*abi.ArrayType)(unsafe.Pointer(t))
		if a.Len == 0 || t.Size_ == 0 {
			return true
		}
		return a.Len == 1 && flatten(a.Elem, ints, floats)
	case abi.Struct:
		before := *ints + *floats
		for _, f := range (*abi.StructType)(unsafe.Pointer(t)).Fields {
			if !flatten(f.Typ, ints, floats) {
				return false
			}
		}
		return *ints+*floats-before <= 4
	default:
		*ints++
	}
	return true
}

// inStaticData says whether p points into the program's variables.
func inStaticData(p uintptr) bool

// Cleanup is a handle to a cleanup call for a specific object.
type Cleanup struct {
	id  int
	ptr uintptr
}

// AddCleanup attaches a cleanup function to ptr. Some time after ptr is no longer reachable, the runtime will call
// cleanup(arg) in a separate goroutine.
func AddCleanup[T, S any](ptr *T, cleanup func(S), arg S) Cleanup {
	p := unsafe.Pointer(ptr)
	if p == nil {
		panic("runtime.AddCleanup: ptr is nil")
	}
	argument := unsafe.Pointer(nil)
	if a := any(arg); efaceOf(&a).typ != nil {
		if k := efaceOf(&a).typ.Kind_; k == abi.Pointer || k == abi.UnsafePointer {
			argument = efaceOf(&a).data
		}
	}
	if argument == p {
		panic("runtime.AddCleanup: ptr is equal to arg, cleanup will never run")
	}
	base, size := objectBase(p)
	if base == nil {
		if inStaticData(uintptr(p)) {
			return Cleanup{}
		}
		panic("runtime.AddCleanup: ptr not in allocated block")
	}
	inside := func(q uintptr) bool { return q-uintptr(base) < size }
	// Small objects without pointers share blocks.
	shared := size == 16 && !isPointerWord(base) && !isPointerWord(add(base, 8))
	if inside(uintptr(argument)) && !shared {
		panic("runtime.AddCleanup: ptr is within arg, cleanup will never run")
	}
	closure := *(*unsafe.Pointer)(unsafe.Pointer(&cleanup))
	words, n := objectBase(closure)
	for i := uintptr(0); i < n; i += 8 {
		if word := add(words, i); isPointerWord(word) && inside(*(*uintptr)(word)) {
			panic("runtime.AddCleanup: cleanup function closes over ptr, cleanup will never run")
		}
	}
	startFinalizers()
	id := addSpecial(p, specialCleanup, func(unsafe.Pointer) { cleanup(arg) })
	return Cleanup{id, ^uintptr(p)}
}

// Stop cancels the cleanup call.
func (c Cleanup) Stop() {
	if c.id != 0 {
		removeSpecial(unsafe.Pointer(^c.ptr), specialCleanup, c.id)
	}
}

// weakHandle gives the object that stands for p weakly: a word that becomes 0.
func weakHandle(p unsafe.Pointer) unsafe.Pointer
func weakLoad(handle unsafe.Pointer) unsafe.Pointer

//go:linkname weak_register weak.runtime_registerWeakPointer
func weak_register(p unsafe.Pointer) unsafe.Pointer { return weakHandle(p) }

//go:linkname weak_strong weak.runtime_makeStrongFromWeak
func weak_strong(h unsafe.Pointer) unsafe.Pointer {
	if h == nil {
		return nil
	}
	return weakLoad(h)
}

//go:linkname unique_weak_register unique.runtime_registerWeakPointer
func unique_weak_register(p unsafe.Pointer) unsafe.Pointer { return weakHandle(p) }

//go:linkname unique_weak_strong unique.runtime_makeStrongFromWeak
func unique_weak_strong(h unsafe.Pointer) unsafe.Pointer { return weak_strong(h) }

// waitSpecials waits until no finalizer or cleanup is queued or runs, at most timeout nanoseconds.
func waitSpecials(timeout int64) bool

//go:linkname blockUntilEmptyFinalizerQueue
func blockUntilEmptyFinalizerQueue(timeout int64) bool { return waitSpecials(timeout) }

//go:linkname unique_blockUntilEmptyCleanupQueue unique.runtime_blockUntilEmptyCleanupQueue
func unique_blockUntilEmptyCleanupQueue(timeout int64) bool { return waitSpecials(timeout) }

//go:linkname sync_blockUntilEmptyCleanupQueue internal/sync.runtime_blockUntilEmptyCleanupQueue
func sync_blockUntilEmptyCleanupQueue(timeout int64) bool { return waitSpecials(timeout) }

//go:linkname sync_test_blockUntilEmptyCleanupQueue sync_test.runtime_blockUntilEmptyCleanupQueue
func sync_test_blockUntilEmptyCleanupQueue(timeout int64) bool { return waitSpecials(timeout) }

// isPointerWord says whether the collector takes the word at p, in an object of the heap, for a pointer.
func isPointerWord(p unsafe.Pointer) bool

// For reflect's tests: a byte for each word of the object that x points to, 1 if it is a pointer, up to the last one.
//
//go:linkname reflect_gcbits reflect.gcbits
func reflect_gcbits(x any) []byte {
	base, size := objectBase(efaceOf(&x).data)
	bits := make([]byte, size/8)
	used := 0
	for i := range bits {
		if isPointerWord(add(base, uintptr(i)*8)) {
			bits[i] = 1
			used = i + 1
		}
	}
	return bits[:used]
}

// A Pinner is a set of Go objects each pinned to a fixed location in memory. Objects do not move: pinning keeps them
// alive.
type Pinner struct{ refs *pinned }

type pinned struct{ list []any }

// Pin pins a Go object, preventing it from being moved or freed by the garbage collector until Unpin is called.
func (p *Pinner) Pin(pointer any) {
	e := efaceOf(&pointer)
	if e.typ == nil {
		panic(errorString("runtime.Pinner: argument is nil"))
	}
	if k := e.typ.Kind_; k != abi.Pointer && k != abi.UnsafePointer {
		panic(errorString("runtime.Pinner: argument is not a pointer: " + typeString(e.typ)))
	}
	if p.refs == nil {
		p.refs = new(pinned)
		SetFinalizer(p.refs, func(r *pinned) {
			if len(r.list) != 0 {
				throw("runtime.Pinner: found leaking pinned pointer; forgot to call Unpin?")
			}
		})
		pinAll(p.refs)
	}
	p.refs.list = append(p.refs.list, pointer)
}

// Unpin unpins all pinned objects of the Pinner.
func (p *Pinner) Unpin() {
	if p.refs != nil {
		p.refs.list = nil
	}
}

func pinAll(*pinned) {}
