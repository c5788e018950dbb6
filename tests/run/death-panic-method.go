package main

type T struct{}

func (t *T) run(f func()) { f() }

func generic[E any](e E) { panic(e) }

func main() {
	(&T{}).run(func() {
		generic("from a generic function")
	})
}
