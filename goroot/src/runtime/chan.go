package runtime

import (
	"internal/abi"
	"internal/runtime/math"
	"unsafe"
)

// An hchan is made and used by the Rust side.
type hchan struct{ opaque uintptr }

// makechan0 allocates the channel and its buffer.
func makechan0(t *abi.ChanType, size int, bytes uintptr) *hchan

func makechan(t *abi.ChanType, size int) *hchan {
	bytes, overflow := math.MulUintptr(t.Elem.Size_, uintptr(size))
	if overflow || bytes > maxAlloc-1024 || size < 0 {
		panic(plainError("makechan: size out of range"))
	}
	return makechan0(t, size, bytes)
}

func makechan64(t *abi.ChanType, size int64) *hchan { return makechan(t, int(size)) }

// chansend0 gives 1 if it sent, 0 if it would block and block is false, 2 for a closed channel.
func chansend0(c *hchan, elem unsafe.Pointer, block bool) int

// chanrecv0 gives 3 for a received value, 1 for a closed channel, 0 if it would block; 4 if the caller has to send
// first what the channel's timer has due.
func chanrecv0(c *hchan, elem unsafe.Pointer, block bool) int

func chanrecv(c *hchan, elem unsafe.Pointer, block bool) int {
	r := chanrecv0(c, elem, block)
	for r == 4 {
		sendDue(c)
		r = chanrecv0(c, elem, block)
	}
	return r
}

// closechan0 gives 0 or what is wrong: 1 closed before.
func closechan0(c *hchan) int

func chanlen(c *hchan) int
func chancap(c *hchan) int

func chansend1(c *hchan, elem unsafe.Pointer) {
	if chansend0(c, elem, true) == 2 {
		panic(plainError("send on closed channel"))
	}
}

func chanrecv1(c *hchan, elem unsafe.Pointer) { chanrecv(c, elem, true) }

func chanrecv2(c *hchan, elem unsafe.Pointer) bool { return chanrecv(c, elem, true) == 3 }

func closechan(c *hchan) {
	if c == nil {
		panic(plainError("close of nil channel"))
	}
	if closechan0(c) != 0 {
		panic(plainError("close of closed channel"))
	}
}

func selectnbsend(c *hchan, elem unsafe.Pointer) bool {
	r := chansend0(c, elem, false)
	if r == 2 {
		panic(plainError("send on closed channel"))
	}
	return r == 1
}

func selectnbrecv(elem unsafe.Pointer, c *hchan) (selected, received bool) {
	r := chanrecv(c, elem, false)
	return r != 0, r == 3
}

//go:linkname reflect_makechan reflect.makechan
func reflect_makechan(t *abi.ChanType, size int) *hchan { return makechan(t, size) }

//go:linkname reflect_chanlen reflect.chanlen
func reflect_chanlen(c *hchan) int { return chanlen(c) }

//go:linkname reflectlite_chanlen internal/reflectlite.chanlen
func reflectlite_chanlen(c *hchan) int { return chanlen(c) }

//go:linkname reflect_chancap reflect.chancap
func reflect_chancap(c *hchan) int { return chancap(c) }

//go:linkname reflect_chanclose reflect.chanclose
func reflect_chanclose(c *hchan) { closechan(c) }

//go:linkname reflect_chansend reflect.chansend0
func reflect_chansend(c *hchan, elem unsafe.Pointer, nb bool) bool {
	r := chansend0(c, elem, !nb)
	if r == 2 {
		panic(plainError("send on closed channel"))
	}
	return r == 1
}

//go:linkname reflect_chanrecv reflect.chanrecv
func reflect_chanrecv(c *hchan, nb bool, elem unsafe.Pointer) (selected, received bool) {
	r := chanrecv(c, elem, !nb)
	return r != 0, r == 3
}
