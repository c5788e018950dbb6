package runtime

import "unsafe"

// Select statements. Profiles name this file, as in gc.

type scase struct {
	c    *hchan
	elem unsafe.Pointer
}

// selectgo0 gives the index of the chosen case, with bit 32 set for a received value and bit 33 for a send on a
// closed channel; -1 if none is ready and block is false; -2-i if the caller has to send first what the timer of
// case i has due.
func selectgo0(cases *scase, order *uint16, nsends, nrecvs int, block bool) int

func selectgo(cases *scase, order *uint16, nsends, nrecvs int, block bool) (int, bool) {
	r := selectgo0(cases, order, nsends, nrecvs, block)
	for r < -1 {
		i := uintptr(-2 - r)
		sendDue((*scase)(add(unsafe.Pointer(cases), i*unsafe.Sizeof(scase{}))).c)
		r = selectgo0(cases, order, nsends, nrecvs, block)
	}
	if r < 0 {
		return -1, false
	}
	if r&(1<<33) != 0 {
		panic(plainError("send on closed channel"))
	}
	return r & (1<<32 - 1), r&(1<<32) != 0
}

// block waits for ever: a select without cases.
func block()

// A runtimeSelect is reflect's description of a case.
type runtimeSelect struct {
	dir int // 1 send, 2 receive, 3 default
	typ unsafe.Pointer
	ch  *hchan
	val unsafe.Pointer
}

//go:linkname reflect_rselect reflect.rselect
func reflect_rselect(cases []runtimeSelect) (int, bool) {
	if len(cases) == 0 {
		block()
	}
	list := make([]scase, len(cases))
	index := make([]int, len(cases))
	nsends, nrecvs, dflt := 0, 0, -1
	for i := range cases {
		c := &cases[i]
		switch c.dir {
		case 3:
			dflt = i
		case 1:
			list[nsends] = scase{c.ch, c.val}
			index[nsends] = i
			nsends++
		case 2:
			nrecvs++
			at := len(cases) - nrecvs
			list[at] = scase{c.ch, c.val}
			index[at] = i
		}
	}
	n := nsends + nrecvs
	if n == 0 {
		if dflt >= 0 {
			return dflt, false
		}
		block()
	}
	if nsends > 0 && nsends+nrecvs < len(cases) {
		copy(list[nsends:], list[len(cases)-nrecvs:])
		copy(index[nsends:], index[len(cases)-nrecvs:])
	} else if nsends == 0 && nrecvs < len(cases) {
		copy(list, list[len(cases)-nrecvs:])
		copy(index, index[len(cases)-nrecvs:])
	}
	order := make([]uint16, 2*n)
	chosen, ok := selectgo(&list[0], &order[0], nsends, nrecvs, dflt == -1)
	if chosen < 0 {
		return dflt, false
	}
	return index[chosen], ok
}
