package main

type T struct {
	a [10]int
	n int
}

//go:noinline
func get(t *T) int { return t.n }

func main() {
	println(get(nil))
}
