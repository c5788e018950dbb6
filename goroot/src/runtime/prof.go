package runtime

import (
	"internal/profilerecord"
	"unsafe"
)

// Profiles and traces: their public interface. Sampling is not there yet; profiles are empty, and what cannot be
// empty says that it is missing.

// MemProfileRate controls the fraction of memory allocations that are recorded and reported in the memory profile.
var MemProfileRate int = 512 * 1024

var disableMemoryProfiling bool

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

// MemProfile returns a profile of memory allocated and freed per allocation site.
func MemProfile(p []MemProfileRecord, inuseZero bool) (n int, ok bool) { return 0, true }

// BlockProfile returns n, the number of records in the current blocking profile.
func BlockProfile(p []BlockProfileRecord) (n int, ok bool) { return 0, true }

// MutexProfile returns n, the number of records in the current mutex profile.
func MutexProfile(p []BlockProfileRecord) (n int, ok bool) { return 0, true }

// ThreadCreateProfile returns n, the number of records in the thread creation profile.
func ThreadCreateProfile(p []StackRecord) (n int, ok bool) { return 0, true }

// goroutineStacks stores up to max pcs of each goroutine, 0-terminated, in rows; it gives the number of goroutines.
func goroutineStacks(rows *uintptr, nrows, max int, labels *unsafe.Pointer) int

// GoroutineProfile returns n, the number of records in the active goroutine stack profile.
func GoroutineProfile(p []StackRecord) (n int, ok bool) {
	n = NumGoroutine()
	if n > len(p) {
		return n, false
	}
	n = goroutineStacks(&p[0].Stack0[0], len(p), 32, nil)
	return n, n <= len(p)
}

// SetBlockProfileRate controls the fraction of goroutine blocking events that are reported in the blocking profile.
func SetBlockProfileRate(rate int) {}

var mutexFraction int

// SetMutexProfileFraction controls the fraction of mutex contention events that are reported in the mutex profile.
func SetMutexProfileFraction(rate int) int {
	old := mutexFraction
	if rate >= 0 {
		mutexFraction = rate
	}
	return old
}

// SetCPUProfileRate sets the CPU profiling rate to hz samples per second.
func SetCPUProfileRate(hz int) { cpuProfileOn = hz > 0 }

var cpuProfileOn bool

// CPUProfile panics. It formerly provided raw access to chunks of a pprof-format profile.
func CPUProfile() []byte { panic("CPUProfile no longer available") }

// StartTrace enables tracing for the current process.
func StartTrace() error { return errorString("tracing is not implemented in Burrow yet") }

// StopTrace stops tracing, if it was previously enabled.
func StopTrace() {}

// ReadTrace returns the next chunk of binary tracing data.
func ReadTrace() []byte { return nil }

// SetCgoTraceback records three C functions to use to gather traceback information from C code. There is no C code.
func SetCgoTraceback(version int, traceback, context, symbolizer unsafe.Pointer) {}

func pprof_goroutineProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	n = NumGoroutine()
	if n > len(p) {
		return n, false
	}
	const max = 64
	rows := make([]uintptr, n*max)
	tags := make([]unsafe.Pointer, n)
	if n > 0 {
		n = min(goroutineStacks(&rows[0], n, max, &tags[0]), n)
	}
	for i := 0; i < n; i++ {
		p[i].Stack = untilZero(rows[i*max : (i+1)*max])
		if labels != nil {
			labels[i] = tags[i]
		}
	}
	return n, true
}

func pprof_goroutineLeakProfileWithLabels(p []profilerecord.StackRecord, labels []unsafe.Pointer) (n int, ok bool) {
	return 0, true
}

func pprof_blockProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	return 0, true
}
func pprof_mutexProfileInternal(p []profilerecord.BlockProfileRecord) (n int, ok bool) {
	return 0, true
}
func pprof_threadCreateInternal(p []profilerecord.StackRecord) (n int, ok bool) { return 0, true }
func pprof_memProfileInternal(p []profilerecord.MemProfileRecord, inuseZero bool) (n int, ok bool) {
	return 0, true
}
func pprof_fpunwindExpand(dst, src []uintptr) int { return copy(dst, src) }
func pprof_makeProfStack() []uintptr              { return make([]uintptr, 128) }

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

//go:linkname pprof_readProfile runtime/pprof.readProfile
func pprof_readProfile() (data []uint64, tags []unsafe.Pointer, eof bool) {
	for cpuProfileOn {
		sleep(100e6)
	}
	return []uint64{3, 0, 100}, []unsafe.Pointer{nil}, true
}

//go:linkname pprof_getProfLabel runtime/pprof.runtime_getProfLabel
func pprof_getProfLabel() unsafe.Pointer { return me().labels }

//go:linkname pprof_setProfLabel runtime/pprof.runtime_setProfLabel
func pprof_setProfLabel(labels unsafe.Pointer) { me().labels = labels }

//go:linkname pprof_goroutineLeakGC runtime/pprof.runtime_goroutineLeakGC
func pprof_goroutineLeakGC() {}

//go:linkname pprof_goroutineleakcount runtime/pprof.runtime_goroutineleakcount
func pprof_goroutineleakcount() int { return 0 }

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

//go:linkname metrics_read runtime/metrics.runtime_readMetrics
func metrics_read(samples unsafe.Pointer, n, c int) {
	throw("runtime/metrics.Read is not implemented in Burrow yet")
}

//go:linkname cputicks
func cputicks() int64

//go:linkname debug_SetTraceback runtime/debug.SetTraceback
func debug_SetTraceback(level string) { setTraceback(level) }

func setTraceback(level string)

//go:linkname setCrashFD
func setCrashFD(fd uintptr) uintptr { return ^uintptr(0) }
