// What cannot be allocated, by its length alone, is a panic that says so.
package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

func try(what string, f func()) {
	defer func() { fmt.Println(what, recover()) }()
	f()
}

func main() {
	n := math.MaxInt / 2
	try("strings.Repeat", func() { strings.Repeat("a", n) })
	try("bytes.Repeat", func() { bytes.Repeat([]byte("a"), n) })
	try("Builder.Grow", func() { new(strings.Builder).Grow(n) })
	try("Buffer.Grow", func() { new(bytes.Buffer).Grow(n) })
	try("make", func() { _ = make([]byte, n) })
}
