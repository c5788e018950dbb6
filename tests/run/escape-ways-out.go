// Objects that seem local and get away, or stay: through memory, loops, closures, results, interfaces, deferred calls.
// Collections in between find what a stale pointer into a frame would.
package main

import (
	"fmt"
	"runtime"
	"sort"
	"strings"
)

type node struct {
	next *node
	n    int
}

// A list built in a loop: all nodes live at once.
func list(n int) *node {
	var head *node
	for i := range n {
		head = &node{head, i}
	}
	return head
}

// The same, and nothing gets away: but earlier nodes are needed.
func listSum(n int) int {
	var head *node
	for i := range n {
		head = &node{head, i}
		clobber(3)
	}
	sum := 0
	for ; head != nil; head = head.next {
		sum = sum*3 + head.n
	}
	return sum
}

// Two objects of one turn that know each other; the last pair of them is used behind the loop.
func pairs(n int) int {
	sum := 0
	var last *node
	for i := range n {
		a := &node{n: i}
		b := &node{a, i * 10}
		a.next = b
		clobber(2)
		sum += a.next.n + b.next.n
		if i == n-2 {
			last = b
		}
	}
	return sum + last.n + last.next.n
}

//go:noinline
func clobber(depth int) int {
	var a [16]int
	for i := range a {
		a[i] = -1 - depth
	}
	if depth > 0 {
		return clobber(depth-1) + a[depth]
	}
	runtime.GC()
	return a[depth]
}

type holder struct {
	p  *int
	fs []func() int
	m  map[string]*int
	in any
}

var global holder

//go:noinline
func keep(h *holder, p *int) { h.p = p }

//go:noinline
func keepDeep(h **holder, p *int) { (*h).p = p }

//go:noinline
func give(p *int) *int { return p }

//go:noinline
func each(n int, f func(int)) {
	for i := range n {
		f(i)
	}
}

func stored() *holder {
	x, y, z, w := 1, 2, 3, 4
	var h holder
	keep(&h, &x)
	out := &holder{p: h.p, in: &y}
	hp := out
	keepDeep(&hp, give(&z))
	out.m = map[string]*int{"w": &w}
	keep(&global, &w)
	return out
}

func counters() []func() int {
	var fs []func() int
	for i := range 3 {
		count := i * 100
		step := func() { count++ }
		fs = append(fs, func() int { step(); return count })
	}
	return fs
}

func collected(n int) (sum int, all []*int) {
	each(n, func(i int) {
		sum += i
		v := i * i
		all = append(all, &v)
	})
	return
}

func result() (h holder, err error) {
	defer func() {
		v := 7
		h.p = &v
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	local := 5
	h.in = &local
	if h.p == nil {
		panic("out")
	}
	return
}

func (n *node) add(k int) int { n.n += k; return n.n }

func methods() func(int) int {
	local := node{n: 1}
	local.add(1)
	f := local.add
	f(1)
	return f
}

func recursive(n int) int {
	var fib func(int) int
	calls := 0
	fib = func(k int) int {
		calls++
		if k < 2 {
			return k
		}
		return fib(k-1) + fib(k-2)
	}
	return fib(n)*1000 + calls
}

func sent() chan *node {
	c := make(chan *node, 2)
	for i := range 2 {
		n := node{n: i + 1}
		c <- &n
	}
	return c
}

func main() {
	l := list(5)
	clobber(4)
	for ; l != nil; l = l.next {
		fmt.Print(l.n, " ")
	}
	fmt.Println(listSum(6), pairs(5))
	h := stored()
	clobber(4)
	fmt.Println(*h.p, *h.in.(*int), *h.m["w"], *global.p)
	fs := counters()
	clobber(4)
	for _, f := range fs {
		fmt.Print(f(), f(), " ")
	}
	sum, all := collected(5)
	clobber(4)
	for _, p := range all {
		sum += *p * 1000
	}
	fmt.Println(sum)
	r, err := result()
	clobber(4)
	fmt.Println(*r.p, *r.in.(*int), err)
	f := methods()
	clobber(4)
	fmt.Println(f(10), recursive(12))
	words := strings.Fields("the quick brown fox jumps")
	var b strings.Builder
	sort.Slice(words, func(i, j int) bool { clobber(0); return words[i] < words[j] })
	for _, w := range words {
		b.WriteString(w)
		b.WriteByte('.')
	}
	clobber(4)
	fmt.Println(b.String())
	c := sent()
	clobber(4)
	fmt.Println((<-c).n, (<-c).n)
	done := make(chan int)
	go func() {
		local := 9
		p := &local
		go func() { *p++; done <- *p }()
		clobber(4)
	}()
	fmt.Println(<-done)
}
