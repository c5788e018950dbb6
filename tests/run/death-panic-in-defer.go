package main

func main() {
	defer func() {
		panic("two")
	}()
	defer func() {
		panic("one")
	}()
	panic("zero")
}
