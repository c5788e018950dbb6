package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func main() {
	dir, err := os.MkdirTemp("", "burrow-test")
	check(err)
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "a.txt")
	check(os.WriteFile(name, []byte("hello\n"), 0o644))
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	check(err)
	fmt.Fprintln(f, "more")
	check(f.Close())
	b, err := os.ReadFile(name)
	fmt.Printf("%q %v\n", b, err)
	st, err := os.Stat(name)
	check(err)
	fmt.Println(st.Name(), st.Size(), st.Mode(), st.IsDir())
	check(os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	check(os.Rename(name, filepath.Join(dir, "sub", "b.txt")))
	check(os.Symlink("sub", filepath.Join(dir, "link")))
	es, err := os.ReadDir(dir)
	check(err)
	for _, e := range es {
		fmt.Println(e.Name(), e.IsDir(), e.Type())
	}
	var seen []string
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, p)
		seen = append(seen, rel)
		return err
	})
	sort.Strings(seen)
	fmt.Println(seen)
	_, err = os.Open(filepath.Join(dir, "none"))
	fmt.Println(strings.ReplaceAll(err.Error(), dir, "DIR"), os.IsNotExist(err), errors.Is(err, fs.ErrNotExist))
	err = os.Mkdir(filepath.Join(dir, "sub"), 0o755)
	fmt.Println(errors.Is(err, fs.ErrExist))
	g, _ := os.Open(filepath.Join(dir, "sub/b.txt"))
	g.Seek(3, io.SeekStart)
	rest, _ := io.ReadAll(g)
	fmt.Printf("%q\n", rest)
	g.Close()
	_, err = g.Read(rest)
	fmt.Println(errors.Is(err, os.ErrClosed))
	os.Setenv("BURROW_X", "y")
	v, ok := os.LookupEnv("BURROW_X")
	fmt.Println(os.Getenv("BURROW_X"), v, ok, os.ExpandEnv("$BURROW_X-${BURROW_X}"), len(os.Args))
	r, w, _ := os.Pipe()
	go func() { fmt.Fprint(w, "through a pipe"); w.Close() }()
	rest, _ = io.ReadAll(r)
	fmt.Println(string(rest))
	wd, err := os.Getwd()
	fmt.Println(wd != "", err, filepath.Ext("a/b.tar.gz"), filepath.Base("/x/y/"), filepath.Join("a", "../b", "c"))
	host, err := os.Hostname()
	fmt.Println(host != "", err, os.Getpid() > 0, os.PathSeparator)
	m, _ := filepath.Glob(filepath.Join(dir, "*"))
	fmt.Println(len(m))
	root, err := os.OpenRoot(dir)
	check(err)
	_, err = root.Open("../escape")
	fmt.Println(err)
	root.Close()
}
