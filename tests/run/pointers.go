package main

import "fmt"

type N struct {
	v    int
	next *N
	arr  [3]int
	in   struct{ x, y int }
}

func inc(p *int)        { *p++ }
func swap(a, b *string) { *a, *b = *b, *a }
func mk() *N            { n := N{v: 7}; return &n }
func pp(p **N)          { *p = &N{v: 100} }

func main() {
	x := 1
	p := &x
	q := &p
	**q = 5
	inc(p)
	fmt.Println(x, *p == **q, p == *q)
	a, b := "a", "b"
	swap(&a, &b)
	fmt.Println(a, b)
	n := mk()
	n.next = mk()
	n.next.v++
	inc(&n.next.v)
	inc(&n.arr[1])
	inc(&n.in.y)
	fmt.Println(n.v, n.next.v, n.arr, n.in, n.next.next == nil)
	pp(&n)
	fmt.Println(n.v)
	s := []int{1, 2, 3}
	e := &s[1]
	*e = 20
	s = append(s, 4)
	*e = 30
	fmt.Println(s, *e)
	ps := []*int{&s[0], &s[1], new(int)}
	for _, p := range ps {
		*p *= 2
	}
	fmt.Println(s)
	arr := &[3]int{1, 2, 3}
	arr[0] = 10
	for i := range arr {
		arr[i]++
	}
	fmt.Println(*arr, len(arr), arr[1:])
	st := &struct{ a, b int }{1, 2}
	st.a, st.b = st.b, st.a
	fmt.Println(*st, &x != nil, *new(string) == "")
	var np *N
	fmt.Println(np == nil, (*int)(nil) == nil)
	f := &n.v
	n.v = 55
	fmt.Println(*f)
	m := map[string]*int{"k": f}
	*m["k"]++
	fmt.Println(n.v)
	z := new(5)
	*z++
	fmt.Println(*z, *new("str"))
}
