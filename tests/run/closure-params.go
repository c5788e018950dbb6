package main

import "fmt"

func adders(n int, s string, arr [3]int) (f func(int) int, g func() string, h func() [3]int) {
	f = func(d int) int { n += d; return n }
	g = func() string { s += fmt.Sprint(n); return s }
	h = func() [3]int { arr[0] = n; return arr }
	return
}

func named() (x int, f func()) {
	f = func() { x++ }
	f()
	f()
	return x, f
}

type T struct{ v int }

func (t T) get() func() int   { return func() int { t.v++; return t.v } }
func (t *T) getp() func() int { return func() int { t.v++; return t.v } }

func main() {
	f, g, h := adders(1, "s", [3]int{7, 8, 9})
	f(5)
	fmt.Println(f(10), g(), h(), g())
	x, fn := named()
	fn()
	fmt.Println(x)
	t := T{10}
	a, b := t.get(), t.getp()
	fmt.Println(a(), a(), b(), b(), t.v)
	var fs [3]func() *int
	for i := range fs {
		fs[i] = func() *int { return &i }
	}
	fmt.Println(*fs[0](), *fs[1](), fs[0]() == fs[0](), fs[0]() == fs[1]())
	if y := 5; y > 0 {
		f := func() int { y--; return y }
		f()
		fmt.Println(f(), y)
	}
	switch z := any(3).(type) {
	case int:
		func() { z++ }()
		fmt.Println(z)
	}
}
