package runtime

import (
	"internal/profilerecord"
	"unsafe"
)

// Profiles: their public interface. Sampling, stacks and records are the Rust side's (profile.rs, cpuprof.rs); stacks in records
// are its memory, and live for ever. Traces are not there, and say so.

// MemProfileRate controls the fraction of memory allocations that are recorded and reported in the memory profile.
var MemProfileRate int = 512 * 1024

// A StackRecord describes a single execution stack.
type StackRecord struct {
	Stack0 [32]uintptr // stack trace for this record; ends at first 0 entry
}

// Stack returns the stack trace associated with the record, a prefix of r.Stack0.
func (r *StackRecord) Stack() []uintptr { return untilZero(r.Stack0[:]) }

func untilZero(s []uintptr) []uintptr {
	for i, v := range s {
		if v == 0 {
			return s[:i]
		}
	}
	return s
}

// A MemProfileRecord describes the live objects allocated by a particular call sequence.
type MemProfileRecord struct {
	AllocBytes, FreeBytes     int64
	AllocObjects, FreeObjects int64
	Stack0                    [32]uintptr
}

// InUseBytes returns the number of bytes in use.
func (r *MemProfileRecord) InUseBytes() int64 { return r.AllocBytes - r.FreeBytes }

// InUseObjects returns the number of objects in use.
func (r *MemProfileRecord) InUseObjects() int64 { return r.AllocObjects - r.FreeObjects }

// Stack returns the stack trace associated with the record.
func (r *MemProfileRecord) Stack() []uintptr { return untilZero(r.Stack0[:]) }

// BlockProfileRecord describes blocking events originated at a particular call sequence.
type BlockProfileRecord struct {
	Count  int64
	Cycles int64
	StackRecord
}

// A memRecord is a record of the heap profile, as the Rust side gives it.
type memRecord struct {
	size, allocs, frees int64
	stack               *uintptr
	depth               int
}

// A blockRecord is the same for the block and mutex profiles.
type blockRecord struct {
	count, cycles int64
	stack         *uintptr
	depth         int
}

// memProfileVar tells where the sampling rate is.
func memProfileVar(p *int)

// goMemprofile is 1 if the program may read the heap profile.
//
//go:linkname goMemprofile go:memprofile
var goMemprofile uintptr

// startMemProfile begins to sample allocations, if anybody can read the profile. GODEBUG may say how many.
func startMemProfile() {
	if goMemprofile == 0 {
		MemProfileRate = 0
		return
	}
	n, digits := 0, godebugSetting("memprofilerate")
	for i := 0; i < len(digits) && digits[i] >= '0' && digits[i] <= '9'; i++ {
		n = n*10 + int(digits[i]-'0')
	}
	if digits != "" {
		MemProfileRate = n
	}
	memProfileVar(&MemProfileRate)
}

// memProfileRateChanged makes a new rate count at once. The compiler calls it where a program writes to MemProfileRate.
func memProfileRateChanged()

// memRecords and blockRecords store up to n records, and give the number that there is. Which is 1 for the block profile,
// 2 for the mutex profile.
func memRecords(p *memRecord, n int, inuseZero bool) int
func blockRecords(which int, p *blockRecord, n int) int

func stackSlice(p *uintptr, n int) []uintptr {
	if n == 0 {
		return nil
	}
	return unsafe.Slice(p, n)
}

// memProfile gives all records if there are at most max, and their number.
func memProfile(max int, inuseZero bool) ([]memRecord, int) {
	n := memRecords(nil, 0, inuseZero)
	if n == 0 || n > max {
		return nil, n
	}
	r := make([]memRecord, n+16)
	n = memRecords(&r[0], len(r), inuseZero)
	if n > max || n > len(r) {
		return nil, n
	}
	return r[:n], n
}

func blockProfile(which, max int) ([]blockRecord, int) {
	n := blockRecords(which, nil, 0)
	if n == 0 || n > max {
		return nil, n
	}
	r := make([]blockRecord, n+16)
	n = blockRecords(which, &r[0], len(r))
	if n > max || n > len(r) {
		return nil, n
	}
	return r[:n], n
}

// copyStack fills the array of a public record.
func copyStack(to *[32]uintptr, p *uintptr, n int) { clear(to[copy(to[:], stackSlice(p, n)):]) }

// MemProfile returns a profile of memory allocated and freed per allocation site. It is that of the last collections:
// see runtime.MemProfileRate for how much of it is sampled.
func MemProfile(p []MemProfileRecord, inuseZero bool) (n int, ok bool) {
	records, n := memProfile(len(p), inuseZero)
	if n > len(p) {
		return n, false
	}
	for i, r := range records {
		p[i] = MemProfileRecord{
			AllocBytes: r.allocs * r.size, FreeBytes: r.frees * r.size, AllocObjects: r.allocs, FreeObjects: r.frees,
		}
		copyStack(&p[i].Stack0, r.stack, r.depth)
	}
	return n, true
}

func blockProfileOf(which int, p []BlockProfileRecord) (n int, ok bool) {
	records, n := blockProfile(which, len(p))
	if n > len(p) {
		return n, false
	}
	for i, r := range records {
		p[i].Count, p[i].Cycles = r.count, r.cycles
		copyStack(&p[i].Stack0, r.stack, r.depth)
	}
	return n, true
}

// BlockProfile returns n, the number of records in the current blocking profile.
func BlockProfile(p []BlockProfileRecord) (n int, ok bool) { return blockProfileOf(1, p) }

// MutexProfile returns n, the number of records in the current mutex profile.
func MutexProfile(p []BlockProfileRecord) (n int, ok bool) { return blockProfileOf(2, p) }

// threadCount gives the number of threads. Where one was made is not recorded, in gc neither: their stacks are empty.
func threadCount() int

// ThreadCreateProfile returns n, the number of records in the thread creation profile.
func ThreadCreateProfile(p []StackRecord) (n int, ok bool) {
	n = threadCount()
	if n > len(p) {
		return n, false
	}
	clear(p[:n])
	return n, true
}

// goroutineStacks stores physical stacks of all goroutines, packed: the i-th ends at ends[i]. With leaked, only of those that
// are known to be leaked. It gives the number of goroutines, and of words that their stacks need.
func goroutineStacks(buf *uintptr, room int, ends *uintptr, rows int, labels *unsafe.Pointer, leaked bool) (n, words int)

// expandStack makes logical frames of a physical stack, and gives their number.
func expandStack(raw *uintptr, n int, out *uintptr, max int) int

// goroutines gives the stacks and labels of all goroutines if there are at most max, and their number.
func goroutines(max int, leaked bool) (stacks [][]uintptr, labels []unsafe.Pointer, n int) {
	depth := profStackDepth()
	ends := make([]uintptr, max)
	labels = make([]unsafe.Pointer, max)
	var buf []uintptr
	for room := 64 + max*8; ; {
		buf = make([]uintptr, room)
		var words int
		n, words = goroutineStacks(&buf[0], room, &ends[0], max, &labels[0], leaked)
		if n > max {
			return nil, nil, n
		}
		if words <= room {
			break
		}
		room = words + words/8
	}
	stacks = make([][]uintptr, n)
	frames := make([]uintptr, depth+1)
	begin := 0
	var last, lastStack []uintptr
	for i := range stacks {
		raw := buf[begin:ends[i]]
		begin = int(ends[i])
		if len(raw) == 0 {
			continue
		}
		// Many goroutines wait at the same place.
		if !equalWords(raw, last) {
			k := expandStack(&raw[0], len(raw), &frames[0], depth)
			last, lastStack = raw, append([]uintptr(nil), frames[:k]...)
		}
		stacks[i] = lastStack
	}
	return stacks, labels, n
}

func equalWords(a, b []uintptr) bool {
	return len(a) == len(b) && memequal(unsafe.Pointer(unsafe.SliceData(a)), unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(a))*8)
}

// GoroutineProfile returns n, the number of records in the active goroutine stack profile.
func GoroutineProfile(p []StackRecord) (n int, ok bool) {
	n = NumGoroutine()
	if n > len(p) {
		return n, false
	}
	stacks, _, n := goroutines(len(p), false)
	if n > len(p) {
		return n, false
	}
	for i, s := range stacks {
		clear(p[i].Stack0[copy(p[i].Stack0[:], s):])
	}
	return n, true
}

func setBlockRate(ns int)
func setMutexFraction(rate int) int

// SetBlockProfileRate controls the fraction of goroutine blocking events that are reported in the blocking profile: on
// average one event per rate nanoseconds spent blocked.
func SetBlockProfileRate(rate int) { setBlockRate(rate) }

// SetMutexProfileFraction controls the fraction of mutex contention events that are reported in the mutex profile, and
// returns the previous one. A negative rate only reads it.
func SetMutexProfileFraction(rate int) int { return setMutexFraction(rate) }

func cpuProfileRate(hz int) bool

// SetCPUProfileRate sets the CPU profiling rate to hz samples per second.
func SetCPUProfileRate(hz int) {
	if !cpuProfileRate(hz) {
		print("runtime: cannot set cpu profile rate until previous profile has finished.\n")
	}
}

// CPUProfile panics. It formerly provided raw access to chunks of a pprof-format profile.
func CPUProfile() []byte { panic("CPUProfile no longer available") }

// What starts a trace fails: there are no events of scheduler, system calls and collector to be written. What an
// instrumented program calls all the time does nothing.
const noTrace = plainError("runtime/trace: Burrow has no execution tracer: events of goroutines, system calls and collections are not recorded")

// StartTrace enables tracing for the current process.
func StartTrace() error { return noTrace }

// StopTrace stops tracing, if it was previously enabled.
func StopTrace() {}

// ReadTrace returns the next chunk of binary tracing data.
func ReadTrace() []byte { return nil }

// SetCgoTraceback records three C functions to use to gather traceback information from C code. There is no C code.
func SetCgoTraceback(version int, traceback, context, symbolizer unsafe.Pointer) {}

func pprof_goroutineProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	return pprofGoroutines(p, labels, NumGoroutine(), false)
}

func pprof_goroutineLeakProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	return pprofGoroutines(p, labels, leakCount(), true)
}

// pprofGoroutines fills p with the stacks of about n goroutines.
func pprofGoroutines(p []profilerecord.StackRecord, labels []unsafe.Pointer, n int, leaked bool) (int, bool) {
	if n > len(p) || len(p) == 0 {
		return n, false
	}
	stacks, tags, n := goroutines(len(p), leaked)
	if n > len(p) {
		return n, false
	}
	for i, s := range stacks {
		p[i].Stack = s
	}
	if len(labels) == len(p) {
		copy(labels, tags[:n])
	}
	return n, true
}

func pprofBlock(which int, p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	records, n := blockProfile(which, len(p))
	if n > len(p) {
		return n, false
	}
	for i, r := range records {
		p[i] = profilerecord.BlockProfileRecord{Count: r.count, Cycles: r.cycles, Stack: stackSlice(r.stack, r.depth)}
	}
	return n, true
}

func pprof_blockProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	return pprofBlock(1, p)
}

func pprof_mutexProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	return pprofBlock(2, p)
}

func pprof_threadCreateInternal(p []profilerecord.StackRecord) (n int, ok bool) {
	n = threadCount()
	if n > len(p) {
		return n, false
	}
	for i := range p[:n] {
		p[i].Stack = make([]uintptr, 32) // no pcs, as in gc
	}
	return n, true
}

func pprof_memProfileInternal(p []profilerecord.MemProfileRecord, inuseZero bool) (n int, ok bool) {
	records, n := memProfile(len(p), inuseZero)
	if n > len(p) {
		return n, false
	}
	for i, r := range records {
		p[i] = profilerecord.MemProfileRecord{
			ObjectSize: r.size, AllocObjects: r.allocs, FreeObjects: r.frees, Stack: stackSlice(r.stack, r.depth),
		}
	}
	return n, true
}

// profStackDepth is the number of frames kept of a stack.
func profStackDepth() int

// Stacks in records have a pc for each logical frame, so there is nothing to expand.
func pprof_fpunwindExpand(dst, src []uintptr) int { return copy(dst, src) }
func pprof_makeProfStack() []uintptr              { return make([]uintptr, profStackDepth()) }

func blockevent0(cycles int64, skip int)

// blockevent is for runtime/pprof's tests.
//
//go:linkname blockevent
//go:noinline
func blockevent(cycles int64, skip int) { blockevent0(cycles, skip) }

//go:linkname pprof_goroutineProfileWithLabels
//go:linkname pprof_goroutineLeakProfileWithLabels
//go:linkname pprof_blockProfileInternal
//go:linkname pprof_mutexProfileInternal
//go:linkname pprof_threadCreateInternal
//go:linkname pprof_memProfileInternal
//go:linkname pprof_fpunwindExpand
//go:linkname pprof_makeProfStack

//go:linkname pprof_cyclesPerSecond runtime/pprof.runtime_cyclesPerSecond
func pprof_cyclesPerSecond() int64 { return 1000000000 }

// A profileChunk is what the Rust side has of a CPU profile.
type profileChunk struct {
	words   *uint64
	count   int
	labels  *unsafe.Pointer
	records int
	eof     bool
}

func readCPUProfile(c *profileChunk)

//go:linkname pprof_readProfile runtime/pprof.readProfile
func pprof_readProfile() (data []uint64, tags []unsafe.Pointer, eof bool) {
	var c profileChunk
	for {
		readCPUProfile(&c)
		if c.count > 0 || c.eof {
			return unsafe.Slice(c.words, c.count), unsafe.Slice(c.labels, c.records), c.eof
		}
	}
}

//go:linkname pprof_getProfLabel runtime/pprof.runtime_getProfLabel
func pprof_getProfLabel() unsafe.Pointer { return me().labels }

//go:linkname pprof_setProfLabel runtime/pprof.runtime_setProfLabel
func pprof_setProfLabel(labels unsafe.Pointer) { me().labels = labels }

// findLeaks looks for goroutines that can never go on; leakCount is the number of those found so far.
func findLeaks()
func leakCount() int

//go:linkname pprof_goroutineLeakGC runtime/pprof.runtime_goroutineLeakGC
func pprof_goroutineLeakGC() { findLeaks() }

//go:linkname pprof_goroutineleakcount runtime/pprof.runtime_goroutineleakcount
func pprof_goroutineleakcount() int { return leakCount() }

//go:linkname traceAdvance
func traceAdvance(stop bool) {}

//go:linkname traceClockNow
func traceClockNow() uint64 { return uint64(nanotime()) }

//go:linkname trace_clockUnits runtime/trace.runtime_traceClockUnitsPerSecond
func trace_clockUnits() uint64 { return 1000000000 }

//go:linkname trace_userLog runtime/trace.userLog
func trace_userLog(id uint64, category, message string) {}

//go:linkname trace_userRegion runtime/trace.userRegion
func trace_userRegion(id, mode uint64, name string) {}

//go:linkname trace_userTaskCreate runtime/trace.userTaskCreate
func trace_userTaskCreate(id, parentID uint64, taskType string) {}

//go:linkname trace_userTaskEnd runtime/trace.userTaskEnd
func trace_userTaskEnd(id uint64) {}

//go:linkname cputicks
func cputicks() int64

//go:linkname debug_SetTraceback runtime/debug.SetTraceback
func debug_SetTraceback(level string) { setTraceback(level) }

func setTraceback(level string)

//go:linkname setCrashFD
func setCrashFD(fd uintptr) uintptr { return uintptr(setCrashFile(int(fd))) }

// setCrashFile sets where the runtime repeats what it says when it dies, and gives what was set; -1 is nowhere.
func setCrashFile(fd int) int
