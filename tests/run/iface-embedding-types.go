package main

import (
	"fmt"
	"io"
	"strings"
)

type ReadCounter struct {
	io.Reader
	n int
}

func (r *ReadCounter) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += n
	return n, err
}

type Logger interface{ Log(string) }
type Named interface{ Name() string }
type Service interface {
	Logger
	Named
	interface{ Start() error }
}

type base struct{ logs []string }

func (b *base) Log(s string) { b.logs = append(b.logs, s) }

type svc struct {
	*base
	Named
}
type nm string

func (n nm) Name() string  { return string(n) }
func (s svc) Start() error { s.Log("start " + s.Name()); return nil }

type upper struct{ fmt.Stringer }

func (u upper) String() string { return strings.ToUpper(u.Stringer.String()) }

type str string

func (s str) String() string { return string(s) }

type errWriter struct{}

func (errWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func main() {
	r := &ReadCounter{Reader: strings.NewReader("some text to be read")}
	b, err := io.ReadAll(io.LimitReader(r, 9))
	fmt.Println(string(b), err, r.n)
	s := svc{&base{}, nm("svc")}
	var sv Service = s
	fmt.Println(sv.Start(), s.logs)
	var l Logger = sv
	l.Log("x")
	fmt.Println(len(s.logs), l.(Named).Name())
	if st, ok := l.(interface{ Start() error }); ok {
		st.Start()
	}
	fmt.Println(s.logs)
	fmt.Println(upper{upper{str("shout")}}, upper{str("x")}.Stringer)
	_, err = fmt.Fprint(errWriter{}, "x")
	fmt.Println(err)
	pr, pw := io.Pipe()
	go func() { fmt.Fprint(pw, "piped"); pw.CloseWithError(io.ErrUnexpectedEOF) }()
	b, err = io.ReadAll(pr)
	fmt.Println(string(b), err)
	var w strings.Builder
	mw := io.MultiWriter(&w, io.Discard)
	io.Copy(mw, io.MultiReader(strings.NewReader("a"), strings.NewReader("b")))
	tee := io.TeeReader(strings.NewReader("tee"), &w)
	io.ReadAll(tee)
	fmt.Println(w.String())
	var nilS Service
	defer func() { fmt.Println(recover()) }()
	svc{&base{}, nilS}.Name()
}
