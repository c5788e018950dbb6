// Profiles tell instances of a generic function apart.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
)

type pair[K comparable, V any] struct {
	k K
	v V
}

var sink any

//go:noinline
func alloc[T any](n int) {
	for range n {
		sink = make([]T, 100)
	}
}

func main() {
	runtime.MemProfileRate = 1
	alloc[int](3)
	alloc[string](4)
	alloc[pair[string, int]](5)
	var b bytes.Buffer
	pprof.Lookup("allocs").WriteTo(&b, 0)
	z, _ := gzip.NewReader(&b)
	x, _ := io.ReadAll(z)
	l := regexp.MustCompile(`main\.alloc\[[^\]]*\]*`).FindAllString(string(x), -1)
	slices.Sort(l)
	fmt.Println(len(slices.Compact(l)))
}
