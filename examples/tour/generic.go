package main

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// Number is what can be added.
type Number interface {
	~int | ~int64 | ~float64
}

// Sum adds all up.
func Sum[S ~[]E, E Number](s S) (total E) {
	for _, x := range s {
		total += x
	}
	return total
}

// Map applies a function to all elements.
func Map[T, U any](s []T, f func(T) U) []U {
	out := make([]U, 0, len(s))
	for _, x := range s {
		out = append(out, f(x))
	}
	return out
}

// Count gives 0 to n-1.
func Count(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// GroupBy puts elements with the same key together.
func GroupBy[K comparable, T any](s []T, key func(T) K) map[K][]T {
	groups := make(map[K][]T)
	for _, x := range s {
		k := key(x)
		groups[k] = append(groups[k], x)
	}
	return groups
}

// SortedKeys gives the keys of a map in order.
func SortedKeys[M ~map[K]V, K cmp.Ordered, V any](m M) []K {
	return slices.Sorted(maps.Keys(m))
}

// Heap is a priority queue; the least element comes first.
type Heap[T cmp.Ordered] struct{ items []T }

// Len is the number of elements.
func (h *Heap[T]) Len() int { return len(h.items) }

// Push adds an element.
func (h *Heap[T]) Push(x T) {
	h.items = append(h.items, x)
	for i := len(h.items) - 1; i > 0; {
		parent := (i - 1) / 2
		if h.items[parent] <= h.items[i] {
			break
		}
		h.items[parent], h.items[i] = h.items[i], h.items[parent]
		i = parent
	}
}

// Pop takes the least element.
func (h *Heap[T]) Pop() (least T, ok bool) {
	if len(h.items) == 0 {
		return
	}
	least = h.items[0]
	last := len(h.items) - 1
	h.items[0] = h.items[last]
	h.items = h.items[:last]
	for i := 0; ; {
		small := i
		for _, c := range [...]int{2*i + 1, 2*i + 2} {
			if c < last && h.items[c] < h.items[small] {
				small = c
			}
		}
		if small == i {
			return least, true
		}
		h.items[i], h.items[small] = h.items[small], h.items[i]
		i = small
	}
}

// Cache keeps the values that were asked for last.
type Cache[K comparable, V any] struct {
	size  int
	order []K
	vals  map[K]V
}

// NewCache makes a cache for size values.
func NewCache[K comparable, V any](size int) *Cache[K, V] {
	return &Cache[K, V]{size: size, vals: map[K]V{}}
}

// Get gives the value of a key, and makes it if it isn't there.
func (c *Cache[K, V]) Get(k K, mk func() V) V {
	if i := slices.Index(c.order, k); i >= 0 {
		c.order = append(slices.Delete(c.order, i, i+1), k)
		return c.vals[k]
	}
	if len(c.order) == c.size {
		delete(c.vals, c.order[0])
		c.order = c.order[1:]
	}
	v := mk()
	c.order, c.vals[k] = append(c.order, k), v
	return v
}

// Pair is two values.
type Pair[A, B any] struct {
	First  A
	Second B
}

// PairOf makes a pair.
func PairOf[A, B any](a A, b B) Pair[A, B] { return Pair[A, B]{a, b} }

// Swap turns it round.
func (p Pair[A, B]) Swap() Pair[B, A] { return Pair[B, A]{p.Second, p.First} }

// Then calls a function with both values; a method with a type parameter of its own.
func (p Pair[A, B]) Then[R any](f func(A, B) R) R { return f(p.First, p.Second) }

// Primes gives all primes, for ever.
func Primes() iter.Seq[int] {
	return func(yield func(int) bool) {
		var found []int
	next:
		for n := 2; ; n++ {
			for _, p := range found {
				if p*p > n {
					break
				}
				if n%p == 0 {
					continue next
				}
			}
			found = append(found, n)
			if !yield(n) {
				return
			}
		}
	}
}

// Tree is a binary search tree; nil or zero is an empty one.
type Tree[T cmp.Ordered] struct {
	left, right *Tree[T]
	val         T
	full        bool
}

// Insert adds a value and gives the tree.
func (t *Tree[T]) Insert(v T) *Tree[T] {
	switch {
	case t == nil:
		return &Tree[T]{val: v, full: true}
	case !t.full:
		t.val, t.full = v, true
	case v < t.val:
		t.left = t.left.Insert(v)
	case v > t.val:
		t.right = t.right.Insert(v)
	}
	return t
}

// All walks over the values in order.
func (t *Tree[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) { t.walk(yield) }
}

func (t *Tree[T]) walk(yield func(T) bool) bool {
	return t == nil || !t.full || t.left.walk(yield) && yield(t.val) && t.right.walk(yield)
}

// Zip goes over two sequences at once, as long as both last.
func Zip[A, B any](as iter.Seq[A], bs iter.Seq[B]) iter.Seq2[A, B] {
	return func(yield func(A, B) bool) {
		next, stop := iter.Pull(bs)
		defer stop()
		for a := range as {
			b, ok := next()
			if !ok || !yield(a, b) {
				return
			}
		}
	}
}
