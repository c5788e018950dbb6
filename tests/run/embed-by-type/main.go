// What a variable embeds follows from its type, however that is written.
package main

import (
	. "embed"
	"fmt"
	"io/fs"
	"m/ty"
)

//go:embed a.txt d
var dot FS

type alias = FS

//go:embed a.txt d
var aliased alias

//go:embed d/f.txt
var s ty.Str

//go:embed d/f.txt
var bytes ty.Bytes

func main() {
	for _, f := range []FS{dot, aliased} {
		fs.WalkDir(f, ".", func(p string, d fs.DirEntry, err error) error {
			fmt.Println(p, err)
			return nil
		})
		b, err := f.ReadFile("d/sub/g.txt")
		fmt.Printf("%q %v\n", b, err)
	}
	fmt.Printf("%q %q\n", s, bytes)
}
