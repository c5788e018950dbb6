package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
)

type E struct {
	op  string
	err error
}

func (e *E) Error() string { return e.op + ": " + e.err.Error() }
func (e *E) Unwrap() error { return e.err }

type Temp struct{}

func (Temp) Error() string        { return "temp" }
func (Temp) Is(target error) bool { return target == io.EOF }

var sentinel = errors.New("sentinel")

func main() {
	e := fmt.Errorf("outer: %w", &E{"op", sentinel})
	fmt.Println(e, errors.Is(e, sentinel), errors.Unwrap(e))
	var pe *E
	fmt.Println(errors.As(e, &pe), pe.op)
	j := errors.Join(sentinel, nil, Temp{})
	fmt.Printf("%q %v %v\n", j.Error(), errors.Is(j, io.EOF), errors.Join(nil) == nil)
	m := fmt.Errorf("%w and %w", io.EOF, sentinel)
	fmt.Println(m, errors.Is(m, io.EOF), errors.Is(m, sentinel))
	_, err := os.ReadFile("/does/not/exist")
	fmt.Println(err, errors.Is(err, fs.ErrNotExist))
	var pathErr *fs.PathError
	fmt.Println(errors.As(err, &pathErr), pathErr.Op, pathErr.Path)
	_, err = strconv.Atoi("12x")
	fmt.Println(err, errors.Is(err, strconv.ErrSyntax))
	_, err = strconv.ParseInt("99999999999999999999", 10, 64)
	fmt.Println(err)
	x, ok := errors.AsType[*E](e)
	fmt.Println(x.op, ok)
}
