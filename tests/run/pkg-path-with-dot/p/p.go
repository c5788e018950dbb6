package p

type T struct{}

//go:noinline
func (T) M() int { return 1 }

var V = 3
