package runtime

import "unsafe"

// Semaphores and condition variables of package sync, over the Rust side.

// semacquire waits until *s > 0 and takes one. why is a wait reason (crate burrow-runtime, g.rs) and what is below.
// Profiles leave out skip frames from this package's on.
func semacquire(s *uint32, lifo bool, why int)
func semrelease(s *uint32, handoff bool, skip int)

const (
	waitSemAcquire   = 9
	waitMutexLock    = 10
	waitRWMutexRLock = 11
	waitRWMutexLock  = 12
	waitWaitGroup    = 14

	waitDurable = 0x100 // durable for the goroutine's synctest bubble
	waitBlock   = 0x200 // counts in the block profile
	waitMutex   = 0x400 // counts in the mutex profile
	waitSkip    = 16    // from this bit on: skip
	waitPlain   = waitBlock | 1<<waitSkip
)

//go:linkname sync_Semacquire sync.runtime_Semacquire
func sync_Semacquire(s *uint32) { semacquire(s, false, waitSemAcquire|waitPlain) }

//go:linkname sync_SemacquireWaitGroup sync.runtime_SemacquireWaitGroup
func sync_SemacquireWaitGroup(s *uint32, synctestDurable bool) {
	why := waitWaitGroup | waitPlain
	if synctestDurable {
		why |= waitDurable
	}
	semacquire(s, false, why)
}

//go:linkname sync_SemacquireRWMutexR sync.runtime_SemacquireRWMutexR
func sync_SemacquireRWMutexR(s *uint32, lifo bool, skip int) {
	semacquire(s, lifo, waitRWMutexRLock|waitBlock|waitMutex|(skip+1)<<waitSkip)
}

//go:linkname sync_SemacquireRWMutex sync.runtime_SemacquireRWMutex
func sync_SemacquireRWMutex(s *uint32, lifo bool, skip int) {
	semacquire(s, lifo, waitRWMutexLock|waitBlock|waitMutex|(skip+1)<<waitSkip)
}

//go:linkname isync_SemacquireMutex internal/sync.runtime_SemacquireMutex
func isync_SemacquireMutex(s *uint32, lifo bool, skip int) {
	semacquire(s, lifo, waitMutexLock|waitBlock|waitMutex|(skip+1)<<waitSkip)
}

//go:linkname sync_Semrelease sync.runtime_Semrelease
func sync_Semrelease(s *uint32, handoff bool, skip int) { semrelease(s, handoff, skip+1) }

//go:linkname isync_Semrelease internal/sync.runtime_Semrelease
func isync_Semrelease(s *uint32, handoff bool, skip int) { semrelease(s, handoff, skip+1) }

//go:linkname poll_Semacquire internal/poll.runtime_Semacquire
func poll_Semacquire(s *uint32) { semacquire(s, false, waitSemAcquire|waitPlain) }

//go:linkname poll_Semrelease internal/poll.runtime_Semrelease
func poll_Semrelease(s *uint32) { semrelease(s, false, 1) }

//go:linkname isync_canSpin internal/sync.runtime_canSpin
func isync_canSpin(i int) bool { return canSpin(i) }

func canSpin(i int) bool

//go:linkname isync_doSpin internal/sync.runtime_doSpin
func isync_doSpin() { procyield(30) }

func procyield(n uint32)

//go:linkname procyield

// A notifyList has the layout of package sync's.
type notifyList struct {
	wait   uint32
	notify uint32
	lock   uintptr
	head   unsafe.Pointer
	tail   unsafe.Pointer
}

func notifyListAdd(l *notifyList) uint32
func notifyListWait(l *notifyList, t uint32)
func notifyListNotifyAll(l *notifyList)
func notifyListNotifyOne(l *notifyList)

//go:linkname sync_notifyListAdd sync.runtime_notifyListAdd
func sync_notifyListAdd(l *notifyList) uint32 { return notifyListAdd(l) }

//go:linkname sync_notifyListWait sync.runtime_notifyListWait
func sync_notifyListWait(l *notifyList, t uint32) { notifyListWait(l, t) }

//go:linkname sync_notifyListNotifyAll sync.runtime_notifyListNotifyAll
func sync_notifyListNotifyAll(l *notifyList) { notifyListNotifyAll(l) }

//go:linkname sync_notifyListNotifyOne sync.runtime_notifyListNotifyOne
func sync_notifyListNotifyOne(l *notifyList) { notifyListNotifyOne(l) }

//go:linkname sync_notifyListCheck sync.runtime_notifyListCheck
func sync_notifyListCheck(size uintptr) {
	if size != unsafe.Sizeof(notifyList{}) {
		throw("bad notifyList size")
	}
}

var poolCleanup func()

//go:linkname sync_registerPoolCleanup sync.runtime_registerPoolCleanup
func sync_registerPoolCleanup(f func()) { poolCleanup = f }

var cacheClear []*unsafe.Pointer

//go:linkname bcache_registerCache crypto/internal/boring/bcache.registerCache
func bcache_registerCache(p unsafe.Pointer) { cacheClear = append(cacheClear, (*unsafe.Pointer)(p)) }

// beforeGC runs before each collection, on the goroutine that collects, with the world stopped: the pools drop
// what they hold.
func beforeGC() {
	if poolCleanup != nil {
		poolCleanup()
	}
	for _, p := range cacheClear {
		*p = nil
	}
}

//go:linkname sync_runtime_rand internal/sync.runtime_rand
func sync_runtime_rand() uint64 { return rand() }

//go:linkname sync_randn sync.runtime_randn
func sync_randn(n uint32) uint32 { return randn(n) }
