package runtime

import "unsafe"

// Timers are the Rust side's; this is what package time's Timer and Ticker look like from here.
type timeTimer struct {
	c      unsafe.Pointer // <-chan Time
	init   bool
	state  [6]uintptr
	period int64
	f      func(arg any, seq uintptr, delta int64)
	arg    any // of a channel's timer: the channel
}

// The system sleeps as exactly as a millisecond asks; package time's tests read it.
var haveHighResSleep = true

//go:linkname haveHighResSleep

// timerNew arms t, which is new; c is the channel that it sends to, or nil.
func timerNew(t *timeTimer, c *hchan, when, period int64)

// timerStart arms t; timerStop disarms it. Both say whether it was armed.
func timerStart(t *timeTimer, when, period int64) bool
func timerStop(t *timeTimer) bool

//go:linkname newTimer time.newTimer
func newTimer(when, period int64, f func(arg any, seq uintptr, delta int64), arg any, c *hchan) *timeTimer {
	t := new(timeTimer)
	t.f = f
	t.arg = arg
	t.init = true
	timerNew(t, c, when, period)
	return t
}

//go:linkname stopTimer time.stopTimer
func stopTimer(t *timeTimer) bool { return timerStop(t) }

//go:linkname resetTimer time.resetTimer
func resetTimer(t *timeTimer, when, period int64) bool { return timerStart(t, when, period) }

// sleep parks the goroutine for ns.
func sleep(ns int64)

//go:linkname timeSleep time.Sleep
func timeSleep(ns int64) {
	if ns > 0 {
		sleep(ns)
	}
}

// nextFired waits for a timer that has fired and whose function is to be called; prev is the one before, whose
// function has returned. Between the two calls nobody can stop or reset the timer: they wait.
func nextFired(prev *timeTimer) (t *timeTimer, delta int64)

// timerClaim gives the timer of c if it has a value due that the caller is to send, with how late that is. Until
// timerDone nobody can stop or reset the timer: they wait.
func timerClaim(c *hchan) (t *timeTimer, delta int64)
func timerDone(t *timeTimer)

// sendDue sends what the timer of c has due. While nobody is blocked on a timer's channel, the runtime does not watch
// the timer.
func sendDue(c *hchan) {
	if t, delta := timerClaim(c); t != nil {
		t.f(t.arg, 0, delta)
		timerDone(t)
	}
}

// runTimers is a goroutine of the runtime: it calls the functions of timers that have fired.
func runTimers() {
	var t *timeTimer
	var delta int64
	for {
		t, delta = nextFired(t)
		t.f(t.arg, 0, delta)
	}
}
