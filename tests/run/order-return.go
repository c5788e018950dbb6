package main

import "fmt"

type T struct{ n int }

func (t *T) mutate(n int) int { t.n = n; return n }

func a() (T, int) {
	x := T{1}
	return x, x.mutate(2)
}

func decode(s *string) error { *s = "decoded"; return nil }

func b() (string, error) {
	var doc string
	return doc, decode(&doc)
}

func c() (x int, err error) {
	defer func() { x *= 10 }()
	x = 3
	return x + 1, nil
}

func d() (int, int) {
	x := 5
	f := func(p *int) int { *p = 123; return *p }
	return x, f(&x)
}

func main() {
	fmt.Println(a())
	fmt.Println(b())
	fmt.Println(c())
	fmt.Println(d())
}
