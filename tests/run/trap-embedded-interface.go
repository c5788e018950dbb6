package main

import (
	"fmt"
	"io"
	"strings"
)

type W struct{ io.Writer }
type W2 struct{ *W }

type name struct{ fmt.Stringer }
type s string

func (x s) String() string { return "s:" + string(x) }

func main() {
	var sb strings.Builder
	w := W2{&W{&sb}}
	fmt.Fprint(w, "hello")
	fmt.Println(sb.String(), w.Write != nil)
	n := name{s("x")}
	fmt.Println(n, n.String())
	n.Stringer = s("y")
	f := n.String
	n.Stringer = s("z")
	fmt.Println(f(), n.String())
}
