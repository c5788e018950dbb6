package pt

type S struct{}

//go:noinline
func M() int { return 2 }

var V = 4
