package runtime

import (
	"internal/abi"
	"unsafe"
)

// What packages os, os/signal, syscall, internal/poll and internal/synctest pull from the runtime.

// ---- network poller

func pollOpen(fd uintptr) (pd uintptr, errno int)
func pollClose(pd uintptr)
func pollReset(pd uintptr, mode int) int
func pollWait(pd uintptr, mode int) int
func pollWaitCanceled(pd uintptr, mode int)
func pollSetDeadline(pd uintptr, d int64, mode int)
func pollUnblock(pd uintptr)
func isPollDescriptor(fd uintptr) bool

//go:linkname poll_ServerInit internal/poll.runtime_pollServerInit
func poll_ServerInit() {}

//go:linkname poll_Open internal/poll.runtime_pollOpen
func poll_Open(fd uintptr) (uintptr, int) { return pollOpen(fd) }

//go:linkname poll_Close internal/poll.runtime_pollClose
func poll_Close(pd uintptr) { pollClose(pd) }

//go:linkname poll_Reset internal/poll.runtime_pollReset
func poll_Reset(pd uintptr, mode int) int { return pollReset(pd, mode) }

//go:linkname poll_Wait internal/poll.runtime_pollWait
func poll_Wait(pd uintptr, mode int) int { return pollWait(pd, mode) }

//go:linkname poll_WaitCanceled internal/poll.runtime_pollWaitCanceled
func poll_WaitCanceled(pd uintptr, mode int) { pollWaitCanceled(pd, mode) }

//go:linkname poll_SetDeadline internal/poll.runtime_pollSetDeadline
func poll_SetDeadline(pd uintptr, d int64, mode int) { pollSetDeadline(pd, d, mode) }

//go:linkname poll_Unblock internal/poll.runtime_pollUnblock
func poll_Unblock(pd uintptr) { pollUnblock(pd) }

//go:linkname poll_isPollServerDescriptor internal/poll.runtime_isPollServerDescriptor
func poll_isPollServerDescriptor(fd uintptr) bool { return isPollDescriptor(fd) }

// ---- processes

func beforeFork()
func afterFork()
func afterForkInChild()

//go:linkname syscall_BeforeFork syscall.runtime_BeforeFork
func syscall_BeforeFork() { beforeFork() }

//go:linkname syscall_AfterFork syscall.runtime_AfterFork
func syscall_AfterFork() { afterFork() }

//go:linkname syscall_AfterForkInChild syscall.runtime_AfterForkInChild
//go:nosplit
func syscall_AfterForkInChild() { afterForkInChild() }

func beforeExec()
func afterExec()

//go:linkname syscall_BeforeExec syscall.runtime_BeforeExec
func syscall_BeforeExec() { beforeExec() }

//go:linkname syscall_AfterExec syscall.runtime_AfterExec
func syscall_AfterExec() { afterExec() }

// ---- signals

func signalEnable(sig uint32)
func signalDisable(sig uint32)
func signalIgnore(sig uint32)
func signalIgnored(sig uint32) bool
func signalRecv() uint32
func signalIdle()
func raiseSigpipe()

//go:linkname signal_enable os/signal.signal_enable
func signal_enable(sig uint32) { signalEnable(sig) }

//go:linkname signal_disable os/signal.signal_disable
func signal_disable(sig uint32) { signalDisable(sig) }

//go:linkname signal_ignore os/signal.signal_ignore
func signal_ignore(sig uint32) { signalIgnore(sig) }

//go:linkname signal_ignored os/signal.signal_ignored
func signal_ignored(sig uint32) bool { return signalIgnored(sig) }

//go:linkname signal_recv os/signal.signal_recv
func signal_recv() uint32 { return signalRecv() }

//go:linkname signal_waitUntilIdle os/signal.signalWaitUntilIdle
func signal_waitUntilIdle() { signalIdle() }

//go:linkname os_sigpipe os.sigpipe
func os_sigpipe() { raiseSigpipe() }

func sigsysIgnore(on bool)

//go:linkname os_ignoreSIGSYS os.ignoreSIGSYS
func os_ignoreSIGSYS() { sigsysIgnore(true) }

//go:linkname os_restoreSIGSYS os.restoreSIGSYS
func os_restoreSIGSYS() { sigsysIgnore(false) }

// ---- fuzzing and coverage: nothing is instrumented

//go:linkname cfile_counters internal/coverage/cfile.getCovCounterList
func cfile_counters() []struct {
	counters *uint32
	len      uint64
} {
	return nil
}

// ---- synctest

// A bubble is the group of goroutines of one synctest.Run; the Rust side's.
type bubble struct{ opaque uintptr }

// bubbleNew makes a bubble whose root is this goroutine; bubbleEnd ends it.
func bubbleNew()
func bubbleEnd()

// bubbleMainDone notes that the bubble's first goroutine has ended.
func bubbleMainDone()

// bubbleStep waits until all goroutines of the bubble are durably blocked, and lets its clock jump to the next timer.
// what is 0: call t's function, 1: all have ended, 2: they will never go on, 3: the same after the first has ended.
// fired is the timer before, whose function has returned.
func bubbleStep(fired *timeTimer) (what int, t *timeTimer)

func bubbleWait()
func bubbleTime() int64
func bubbleHold(b *bubble, n int)
func bubbleAssociate(p unsafe.Pointer) int
func bubbleDisassociate(p unsafe.Pointer)
func bubbleIsAssociated(p unsafe.Pointer) bool

// bubbleNow is the bubble's clock: it began at midnight UTC 2000-01-01. It has no monotonic reading, which would not
// compare with those from outside.
func bubbleNow() (sec int64, nsec int32, mono int64) {
	t := bubbleTime()
	return t / 1e9, int32(t % 1e9), 0
}

// A synctestDeadlockError says that a bubble will never go on.
type synctestDeadlockError struct{ reason string }

func (e synctestDeadlockError) Error() string { return e.reason }

//go:linkname synctest_Run internal/synctest.Run
func synctest_Run(f func()) {
	if me().bubble != nil {
		panic("synctest.Run called from within a synctest bubble")
	}
	bubbleNew()
	defer bubbleEnd()
	go func() {
		defer bubbleMainDone()
		f()
	}()
	var t *timeTimer
	var what int
	for {
		what, t = bubbleStep(t)
		switch what {
		case 0:
			t.f(t.arg, 0, 0)
		case 1:
			return
		case 2:
			panic(synctestDeadlockError{"deadlock: all goroutines in bubble are blocked"})
		case 3:
			panic(synctestDeadlockError{"deadlock: main bubble goroutine has exited but blocked goroutines remain"})
		}
	}
}

//go:linkname synctest_Wait internal/synctest.Wait
func synctest_Wait() {
	if me().bubble == nil {
		panic("goroutine is not in a bubble")
	}
	bubbleWait()
}

//go:linkname synctest_IsInBubble internal/synctest.IsInBubble
func synctest_IsInBubble() bool { return me().bubble != nil }

//go:linkname time_isBubbled time.runtimeIsBubbled
func time_isBubbled() bool { return me().bubble != nil }

//go:linkname synctest_acquire internal/synctest.acquire
func synctest_acquire() any {
	if b := me().bubble; b != nil {
		bubbleHold((*bubble)(b), 1)
		return (*bubble)(b)
	}
	return nil
}

//go:linkname synctest_release internal/synctest.release
func synctest_release(b any) { bubbleHold(b.(*bubble), -1) }

//go:linkname synctest_inBubble internal/synctest.inBubble
func synctest_inBubble(b any, f func()) {
	gp := me()
	if gp.bubble != nil {
		panic("goroutine is already bubbled")
	}
	gp.bubble = unsafe.Pointer(b.(*bubble))
	defer func() { me().bubble = nil }()
	f()
}

// Association of WaitGroups and the like with a bubble: 0 unbubbled, 1 this bubble, 2 another one.

//go:linkname synctest_associate internal/synctest.associate
func synctest_associate(p unsafe.Pointer) int { return bubbleAssociate(p) }

//go:linkname synctest_disassociate internal/synctest.disassociate
func synctest_disassociate(p unsafe.Pointer) { bubbleDisassociate(p) }

//go:linkname synctest_isAssociated internal/synctest.isAssociated
func synctest_isAssociated(p unsafe.Pointer) bool { return bubbleIsAssociated(p) }

// ---- reflect

//go:linkname reflectcall
func reflectcall(t *abi.Type, fn, args unsafe.Pointer, argSize, retOffset, frameSize uint32, regs *abi.RegArgs) {
	throw("reflectcall without a function type: not implemented in Burrow yet")
}
