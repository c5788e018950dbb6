package main

import "fmt"

type S struct {
	a int8
	b string
	c [2]float64
	d any
	e *int
}
type E struct{}

func main() {
	x := 1
	a := S{1, "b", [2]float64{1, 2}, 5, &x}
	b := a
	fmt.Println(a == b, a != b)
	b.c[1] = 3
	fmt.Println(a == b)
	b = a
	b.d = "5"
	fmt.Println(a == b)
	b = a
	b.e = new(int)
	fmt.Println(a == b)
	fmt.Println([3]string{"a"} == [3]string{"a", "", ""}, [0]int{} == [0]int{}, E{} == E{})
	var i, j any = 1, 1
	fmt.Println(i == j, i == 1, i == int64(1), i != nil)
	i, j = "ab", "a"+string([]byte{'b'})
	fmt.Println(i == j)
	i, j = a, a
	fmt.Println(i == j)
	i, j = [2]any{1, "x"}, [2]any{1, "x"}
	fmt.Println(i == j)
	var e1, e2 error
	fmt.Println(e1 == e2)
	c1, c2 := make(chan int), make(chan int)
	fmt.Println(c1 == c2, c1 == c1, (<-chan int)(c1) == c1)
	fmt.Println("a" < "b", "a" < "B", "" < "a", "abc" >= "abd", "ab" <= "abc")
	fmt.Println(1.5 > 1, uint8(200) > 100, int8(-1) < 0, 'a' < 'b')
	fmt.Println(1+2i == complex(1, 2), 1+2i != 1-2i)
	f := func() {}
	fmt.Println(f == nil, f != nil)
	type pad struct {
		a int8
		b int64
		c int8
	}
	p, q := pad{1, 2, 3}, pad{1, 2, 3}
	fmt.Println(p == q, any(p) == any(q), map[pad]int{p: 1}[q])
	big1, big2 := [100]int{99: 1}, [100]int{99: 1}
	fmt.Println(big1 == big2)
	big2[50]++
	fmt.Println(big1 == big2)
}
