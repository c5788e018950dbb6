package main

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

type P struct {
	n string
	a int
}

func evens() iter.Seq[int] {
	return func(y func(int) bool) {
		for i := 0; y(i); i += 2 {
		}
	}
}

func main() {
	s := []int{3, 1, 4, 1, 5, 9, 2, 6}
	t := slices.Clone(s)
	slices.Sort(t)
	i, ok := slices.BinarySearch(t, 4)
	fmt.Println(t, i, ok, slices.IsSorted(s), slices.Max(s), slices.Min(s), slices.Index(s, 5), slices.Contains(s, 7))
	fmt.Println(slices.Compact(t), slices.Equal(s, s))
	u := slices.Insert(slices.Clone(s), 2, 100, 200)
	u = slices.Delete(u, 0, 1)
	slices.Reverse(u)
	fmt.Println(u, slices.Compare(s, u), slices.Replace(slices.Clone(u), 0, 2, 7))
	ps := []P{{"b", 2}, {"a", 2}, {"c", 1}}
	slices.SortFunc(ps, func(x, y P) int { return cmp.Or(cmp.Compare(x.a, y.a), strings.Compare(x.n, y.n)) })
	fmt.Println(ps)
	for c := range slices.Chunk(s, 3) {
		fmt.Print(c, " ")
	}
	fmt.Println()
	m := map[string]int{"a": 1, "b": 2, "c": 3}
	keys := slices.Sorted(maps.Keys(m))
	vals := slices.Sorted(maps.Values(m))
	fmt.Println(keys, vals)
	n := maps.Clone(m)
	maps.DeleteFunc(n, func(k string, v int) bool { return v%2 == 1 })
	fmt.Println(n, maps.Equal(m, n), maps.Collect(slices.All([]string{"x", "y"})))
	maps.Copy(n, m)
	fmt.Println(len(n))
	next, stop := iter.Pull(evens())
	for range 3 {
		v, ok := next()
		fmt.Print(v, ok, " ")
	}
	stop()
	v, ok := next()
	fmt.Println(v, ok)
	fmt.Println(slices.Collect(func(y func(string) bool) { _ = y("a") && y("b") }), slices.Repeat([]int{1, 2}, 2), slices.Concat([]int{1}, nil, []int{2}))
	for i, w := range slices.Backward(keys) {
		fmt.Print(i, w, " ")
	}
	for l := range strings.Lines("a\nb\n") {
		fmt.Printf("%q ", l)
	}
	for f := range strings.SplitSeq("x,y,z", ",") {
		fmt.Print(f, " ")
	}
	fmt.Println(slices.ContainsFunc(s, func(i int) bool { return i > 8 }), slices.Grow(t, 10)[:2], cap(slices.Clip(s[:2])))
}
