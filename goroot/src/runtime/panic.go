package runtime

import (
	"internal/runtime/sys"
	"unsafe"
)

// Panics, deferred calls, recovery.
//
// P1  A function with defer has a deferFrame on its stack, linked from the goroutine while the function runs.
// P2  Deferred functions run on top of the panicking stack. The stack is left only after one of them recovered.
// P3  A panic is younger than a deferFrame if its gopanic lies further in on the stack. Recovering to a frame ends all
//     panics younger than it.
// P4  The records of a frame are linked as they must run. They and the closures lie in the frame where a defer
//     statement runs once at most, else on the heap. A call that is being made is not in the list any more.

// A deferFrame's layout is known to the compiler (docs/abi.md, section 6).
type deferFrame struct {
	link *deferFrame
	key  uintptr // the function
	head *deferRecord
}

type deferRecord struct {
	fn   func()
	link *deferRecord
}

// A gopanicking is a panic or Goexit in progress.
type gopanicking struct {
	arg        any
	link       *gopanicking
	argp       uintptr // rsp at the call of the deferred function
	sp         uintptr // of the caller, as it called (P3)
	recovered  bool
	goexit     bool
	repanicked bool
}

// The head of a goroutine's record; the rest belongs to the Rust side.
type g struct {
	stackLimit uintptr
	nextTop    uintptr
	ctx        unsafe.Pointer
	p          uintptr
	deferHead  *deferFrame
	wb         uint32
	preempt    uint32
	scratch    uintptr
	trueLimit  uintptr
	panicking  *gopanicking
	_          uintptr
	fips       uintptr
	coroArg    unsafe.Pointer
	bubble     unsafe.Pointer
	user       [4]uintptr
	labels     unsafe.Pointer
	goid       uint64
	parentGoid uint64
	faultSig   uintptr
	faultCode  uintptr
	faultAddr  uintptr
	faultPC    uintptr
	onFault    uint32 // SetPanicOnFault
	throwing   uint32
}

func getg() unsafe.Pointer // intrinsic

func me() *g { return (*g)(getg()) }

// deferproc notes a call to be made when the function with df ends.
func deferproc(df *deferFrame, fn func()) {
	df.head = &deferRecord{fn: fn, link: df.head}
}

// deferreturn makes the deferred calls of a function that returns, and unlinks its frame.
func deferreturn(df *deferFrame) {
	for d := df.head; d != nil; d = df.head {
		df.head = d.link
		d.fn()
	}
	me().deferHead = df.link
}

// callDeferred calls fn and stores rsp at the call in *argp.
func callDeferred(argp *uintptr, fn func())

// recoverTo continues at the landing pad of df's function. It does not return.
func recoverTo(df *deferFrame)

// isInner tells whether the function whose rsp is sp while it calls is that of df, or was entered after it.
func isInner(sp uintptr, df *deferFrame) bool

// translateArgp undoes a crossing to another stack segment.
func translateArgp(argp uintptr) uintptr

func gopanic(e any) {
	if e == nil {
		if panicNilAllowed() {
			// As before Go 1.21: the panic has a nil value.
		} else {
			e = new(PanicNilError)
		}
	}
	gp := me()
	if gp.throwing != 0 {
		throw("panic during a fatal error")
	}
	p := &gopanicking{arg: e, link: gp.panicking, sp: sys.GetCallerSP()}
	gp.panicking = p
	runDefers(gp, p)
	preprintpanics(p)
	fatalpanic(p)
}

// runDefers makes the goroutine's deferred calls, innermost first, until there are none or one recovered.
func runDefers(gp *g, p *gopanicking) {
	for df := gp.deferHead; df != nil; df = gp.deferHead {
		d := df.head
		if d == nil {
			gp.deferHead = df.link
			continue
		}
		df.head = d.link
		if d.fn == nil {
			panicmem()
		}
		callDeferred(&p.argp, d.fn)
		p.argp = 0
		if p.recovered {
			recovery(gp, df)
		}
	}
}

// recovery ends all panics younger than df's function and returns to it; or goes on with a Goexit among them.
func recovery(gp *g, df *deferFrame) {
	p := gp.panicking
	for p != nil && isInner(p.sp, df) {
		gp.panicking = p.link
		if p.goexit {
			gp.panicking = p
			p.argp = 0
			finishGoexit(gp, p)
		}
		p = p.link
	}
	gp.deferHead = df
	recoverTo(df)
}

func gorecover(argp uintptr) any {
	p := me().panicking
	if p == nil || p.goexit || p.recovered || p.argp == 0 {
		return nil
	}
	if argp != p.argp && translateArgp(argp) != p.argp {
		return nil
	}
	p.recovered = true
	return p.arg
}

// Goexit terminates the goroutine that calls it, after its deferred calls.
func Goexit() {
	gp := me()
	p := &gopanicking{goexit: true, link: gp.panicking, sp: sys.GetCallerSP()}
	gp.panicking = p
	finishGoexit(gp, p)
}

func finishGoexit(gp *g, p *gopanicking) {
	runDefers(gp, p)
	if gp.goid == 1 {
		mainGoexit()
	}
	goexit1()
}

// goexit1 ends the goroutine at once.
func goexit1()

// mainGoexit notes that the main goroutine ended by Goexit, for the deadlock message.
func mainGoexit()

// preprintpanics turns errors and Stringers into strings, before anything is printed.
func preprintpanics(p *gopanicking) {
	defer func() {
		const text = "panic while printing panic value"
		switch r := recover().(type) {
		case nil:
		case string:
			throw(text + ": " + r)
		default:
			throw(text + ": type " + typeString(efaceOf(&r).typ))
		}
	}()
	for p != nil {
		if p.link != nil && sameWords(p.link.arg, p.arg) {
			p.link.repanicked = true
		} else {
			switch v := p.arg.(type) {
			case error:
				p.arg = v.Error()
			case stringer:
				p.arg = v.String()
			}
		}
		p = p.link
	}
}

func sameWords(a, b any) bool { return *efaceOf(&a) == *efaceOf(&b) }

func printpanics(p *gopanicking) {
	if p.link != nil {
		printpanics(p.link)
		if p.link.repanicked {
			return
		}
		if !p.link.goexit {
			print("\t")
		}
	}
	if p.goexit {
		return
	}
	print("panic: ")
	printpanicval(p.arg)
	if p.recovered && p.repanicked {
		print(" [recovered, repanicked]")
	} else if p.recovered {
		print(" [recovered]")
	}
	print("\n")
}

// startDying makes this the goroutine that reports the program's death; others stop here for ever.
func startDying()

// dieOfPanic prints the signal, if there was one, and traces, and ends the process.
func dieOfPanic()

func fatalpanic(p *gopanicking) {
	startDying()
	printpanics(p)
	dieOfPanic()
}

// throw ends the program for a fault of the runtime or one that cannot be recovered from.
//
//go:linkname throw
func throw(s string) {
	fatalText(s, true)
}

// fatal is throw for what is the program's fault, such as concurrent map writes.
func fatal(s string) {
	fatalText(s, false)
}

// fatalText prints "fatal error: s" and traces and exits.
func fatalText(s string, runtimeFault bool)

//go:linkname sync_throw sync.throw
func sync_throw(s string) { throw(s) }

//go:linkname sync_fatal sync.fatal
func sync_fatal(s string) { fatal(s) }

//go:linkname isync_throw internal/sync.throw
func isync_throw(s string) { throw(s) }

//go:linkname isync_fatal internal/sync.fatal
func isync_fatal(s string) { fatal(s) }

//go:linkname maps_fatal internal/runtime/maps.fatal
func maps_fatal(s string) { fatal(s) }

//go:linkname rand_fatal crypto/rand.fatal
func rand_fatal(s string) { fatal(s) }

//go:linkname sysrand_fatal crypto/internal/sysrand.fatal
func sysrand_fatal(s string) { fatal(s) }

//go:linkname fips_fatal crypto/internal/fips140.fatal
func fips_fatal(s string) { fatal(s) }

//go:linkname cgroup_throw internal/runtime/cgroup.throw
func cgroup_throw(s string) { throw(s) }

var divideError = error(errorString("integer divide by zero"))
var overflowError = error(errorString("integer overflow"))
var shiftError = error(errorString("negative shift amount"))
var memoryError = error(errorString("invalid memory address or nil pointer dereference"))

//go:linkname divideError
//go:linkname overflowError

func panicdivide()   { panic(divideError) }
func panicoverflow() { panic(overflowError) }
func panicshift()    { panic(shiftError) }
func panicmem()      { panic(memoryError) }

func panicmakeslicelen() { panic(errorString("makeslice: len out of range")) }
func panicmakeslicecap() { panic(errorString("makeslice: cap out of range")) }

func panicunsafeslicelen()    { panic(errorString("unsafe.Slice: len out of range")) }
func panicunsafeslicenilptr() { panic(errorString("unsafe.Slice: ptr is nil and len is not zero")) }
func panicunsafestringlen()   { panic(errorString("unsafe.String: len out of range")) }
func panicunsafestringnilptr() {
	panic(errorString("unsafe.String: ptr is nil and len is not zero"))
}

func panicBounds(x int64, signed bool, y int, code boundsCode) {
	panic(boundsError{x: x, signed: signed, y: y, code: code})
}

func panicIndex(x int, y int)       { panicBounds(int64(x), true, y, boundsIndex) }
func panicIndexU(x uint, y int)     { panicBounds(int64(x), false, y, boundsIndex) }
func panicSliceAlen(x int, y int)   { panicBounds(int64(x), true, y, boundsSliceAlen) }
func panicSliceAlenU(x uint, y int) { panicBounds(int64(x), false, y, boundsSliceAlen) }
func panicSliceAcap(x int, y int)   { panicBounds(int64(x), true, y, boundsSliceAcap) }
func panicSliceAcapU(x uint, y int) { panicBounds(int64(x), false, y, boundsSliceAcap) }
func panicSliceB(x int, y int)      { panicBounds(int64(x), true, y, boundsSliceB) }
func panicSliceBU(x uint, y int)    { panicBounds(int64(x), false, y, boundsSliceB) }

func panicSlice3Alen(x int, y int)   { panicBounds(int64(x), true, y, boundsSlice3Alen) }
func panicSlice3AlenU(x uint, y int) { panicBounds(int64(x), false, y, boundsSlice3Alen) }
func panicSlice3Acap(x int, y int)   { panicBounds(int64(x), true, y, boundsSlice3Acap) }
func panicSlice3AcapU(x uint, y int) { panicBounds(int64(x), false, y, boundsSlice3Acap) }
func panicSlice3B(x int, y int)      { panicBounds(int64(x), true, y, boundsSlice3B) }
func panicSlice3BU(x uint, y int)    { panicBounds(int64(x), false, y, boundsSlice3B) }
func panicSlice3C(x int, y int)      { panicBounds(int64(x), true, y, boundsSlice3C) }
func panicSlice3CU(x uint, y int)    { panicBounds(int64(x), false, y, boundsSlice3C) }

// panicSliceConvert: a slice of length x is no array of length y.
func panicSliceConvert(x int, y int) { panicBounds(int64(y), true, x, boundsConvert) }

// panicrangestate reports the misuse of a range-over-func body by its iterator.
func panicrangestate(state int) {
	switch state {
	case 0: // done
		panic(errorString("range function continued iteration after function for loop body returned false"))
	case 2: // panicking
		panic(errorString("range function continued iteration after loop body panic"))
	case 3: // exhausted
		panic(errorString("range function continued iteration after whole loop exit"))
	case 4: // missing panic
		panic(errorString("range function recovered a loop body panic and did not resume panicking"))
	}
	throw("unexpected state set by defer of a range function")
}

// sigpanic is called, as it seems, by the instruction that faulted: the signal handler arranges that. The fault is
// described in the goroutine's record.
func sigpanic() {
	gp := me()
	switch gp.faultSig {
	case 7, 11: // SIGBUS, SIGSEGV
		if gp.faultAddr < 0x1000 {
			panicmem()
		}
		if gp.onFault != 0 {
			panic(errorAddressString{msg: "invalid memory address or nil pointer dereference", addr: gp.faultAddr})
		}
		unexpectedFault(gp.faultAddr)
	case 8: // SIGFPE
		panicdivide()
	case 4: // SIGILL: a trap of the compiler
		if gp.faultCode == 1 {
			throw("unreachable code reached")
		}
		throw("unexpected trap")
	}
	throw("unexpected signal")
}

// unexpectedFault prints the address and ends the program.
func unexpectedFault(addr uintptr)

//go:linkname setPanicOnFault runtime/debug.setPanicOnFault
func setPanicOnFault(on bool) bool {
	gp := me()
	old := gp.onFault != 0
	gp.onFault = 0
	if on {
		gp.onFault = 1
	}
	return old
}
