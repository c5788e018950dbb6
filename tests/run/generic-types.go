package main

import (
	"cmp"
	"fmt"
	"iter"
)

type List[T any] struct {
	head, tail *node[T]
	n          int
}
type node[T any] struct {
	v    T
	next *node[T]
}

func (l *List[T]) Push(v T) *List[T] {
	nd := &node[T]{v: v}
	if l.tail == nil {
		l.head = nd
	} else {
		l.tail.next = nd
	}
	l.tail = nd
	l.n++
	return l
}

func (l *List[T]) All() iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		i := 0
		for n := l.head; n != nil; n = n.next {
			if !yield(i, n.v) {
				return
			}
			i++
		}
	}
}

type Tree[K cmp.Ordered, V any] struct {
	root *tnode[K, V]
}
type tnode[K cmp.Ordered, V any] struct {
	k    K
	v    V
	l, r *tnode[K, V]
}

func (t *Tree[K, V]) Put(k K, v V) {
	p := &t.root
	for *p != nil {
		switch c := cmp.Compare(k, (*p).k); {
		case c < 0:
			p = &(*p).l
		case c > 0:
			p = &(*p).r
		default:
			(*p).v = v
			return
		}
	}
	*p = &tnode[K, V]{k: k, v: v}
}

func (n *tnode[K, V]) each(f func(K, V)) {
	if n != nil {
		n.l.each(f)
		f(n.k, n.v)
		n.r.each(f)
	}
}

type Pair[A, B any] struct {
	First  A
	Second B
}

func MakePair[A, B any](a A, b B) Pair[A, B] { return Pair[A, B]{a, b} }
func (p Pair[A, B]) Swap() Pair[B, A]        { return Pair[B, A]{p.Second, p.First} }

type Set[T comparable] map[T]struct{}

func (s Set[T]) Add(ts ...T) Set[T] {
	for _, t := range ts {
		s[t] = struct{}{}
	}
	return s
}

type Opt[T any] func(*T)
type Stack[T any] []T

func (s *Stack[T]) Push(t T) { *s = append(*s, t) }
func (s *Stack[T]) Pop() (t T, ok bool) {
	if len(*s) == 0 {
		return
	}
	t = (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return t, true
}

type Shower interface{ Show() string }
type Box[T Shower] struct{ T T }

func (b Box[T]) Show() string { return "[" + b.T.Show() + "]" }

type leaf string

func (l leaf) Show() string { return string(l) }

type Alias[T any] = map[string]T

func main() {
	l := (&List[string]{}).Push("a").Push("b").Push("c")
	for i, v := range l.All() {
		fmt.Print(i, v, " ")
	}
	fmt.Println(l.n)
	var t Tree[string, int]
	for i, w := range []string{"m", "c", "x", "a", "m"} {
		t.Put(w, i)
	}
	t.root.each(func(k string, v int) { fmt.Print(k, v, " ") })
	fmt.Println()
	p := MakePair("x", 1.5)
	fmt.Printf("%v %+v %T %T\n", p, p.Swap(), p, p.Swap().Swap())
	fmt.Println(len(Set[int]{}.Add(1, 2, 1)))
	var s Stack[Pair[int, string]]
	s.Push(MakePair(1, "one"))
	s.Push(MakePair(2, "two"))
	fmt.Println(s.Pop())
	fmt.Println(Box[Box[leaf]]{Box[leaf]{"x"}}.Show())
	fmt.Printf("%T %T\n", Box[Box[leaf]]{}, Alias[int]{})
	var sh Shower = Box[leaf]{"i"}
	fmt.Println(sh.Show(), sh == Shower(Box[leaf]{"i"}))
	_, ok := any(p).(Pair[string, float64])
	_, no := any(p).(Pair[string, int])
	fmt.Println(ok, no)
}
