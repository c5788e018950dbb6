package main

import "fmt"

type Stringish interface {
	~string
	Len() int
}
type MyS string

func (m MyS) Len() int { return len(m) }

func Total[S Stringish](xs ...S) (n int) {
	for _, x := range xs {
		n += x.Len() + len(string(x))
	}
	return
}

type Setter[T any] interface {
	*T
	Set(string)
}
type Conf struct{ v string }

func (c *Conf) Set(s string) { c.v = s }

func FromStrings[T any, PT Setter[T]](ss []string) []T {
	r := make([]T, len(ss))
	for i, s := range ss {
		PT(&r[i]).Set(s)
	}
	return r
}

type Cmp[T any] interface{ Compare(T) int }

type Age int

func (a Age) Compare(b Age) int { return int(a - b) }

func Least[T Cmp[T]](a T, bs ...T) T {
	for _, b := range bs {
		if b.Compare(a) < 0 {
			a = b
		}
	}
	return a
}

func Eq[T comparable](a, b T) bool { return a == b }

type Ints interface{ ~[]int | ~[3]int }

func First[T Ints](t T) int { return t[0] }

func Range[T ~[]E, E any](t T) (n int) {
	for range t {
		n++
	}
	return
}

func Chan[C ~chan E, E any](c C, e E) E       { c <- e; return <-c }
func Call[F ~func(A) R, A, R any](f F, a A) R { return f(a) }
func Shl[T ~uint8 | ~int64](t T, n uint) T    { return t << n }

func main() {
	fmt.Println(Total(MyS("abc"), MyS("d")))
	fmt.Println(FromStrings[Conf]([]string{"a", "b"}))
	fmt.Println(Least(Age(5), Age(3), Age(9)))
	fmt.Println(Eq(1, 1), Eq("a", "b"), Eq[any](1, "1"), Eq(struct{ a int }{1}, struct{ a int }{1}), Eq[error](nil, nil))
	fmt.Println(First([]int{7}), First([3]int{8}), Range([]string{"a"}), Range([]int{1, 2}))
	fmt.Println(Chan(make(chan string, 1), "c"), Call(func(i int) string { return fmt.Sprint(i) }, 5))
	fmt.Println(Shl(uint8(200), 1), Shl(int64(200), 1))
	defer func() { fmt.Println(recover()) }()
	fmt.Println(Eq[any]([]int{}, []int{}))
}
