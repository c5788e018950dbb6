// errors: trees of wrapped errors, Is, As, AsType, Join.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
)

var ErrBase = errors.New("base")

type coded struct {
	code int
	err  error
}

func (c *coded) Error() string        { return "code " + strconv.Itoa(c.code) }
func (c *coded) Unwrap() error        { return c.err }
func (c *coded) Is(target error) bool { t, ok := target.(*coded); return ok && t.code == c.code }

type value struct{ n int }

func (v value) Error() string { return fmt.Sprint("value ", v.n) }

type adaptable struct{}

func (adaptable) Error() string { return "adaptable" }
func (adaptable) As(target any) bool {
	if p, ok := target.(*value); ok {
		*p = value{99}
		return true
	}
	return false
}

func main() {
	a := fmt.Errorf("a: %w", ErrBase)
	b := &coded{7, a}
	c := fmt.Errorf("c: %w and %w", b, io.EOF)
	d := errors.Join(nil, c, value{3}, nil)
	fmt.Printf("%v\n%q\n", d, errors.Join(ErrBase, io.EOF).Error())
	fmt.Println(errors.Is(d, ErrBase), errors.Is(d, io.EOF), errors.Is(d, &coded{code: 7}), errors.Is(d, &coded{code: 8}), errors.Is(d, os.ErrExist))
	fmt.Println(errors.Is(nil, nil), errors.Is(d, nil), errors.Is(nil, ErrBase), errors.Join(nil, nil) == nil)
	var p *coded
	var v value
	fmt.Println(errors.As(d, &p), p == b, errors.As(d, &v), v.n, errors.As(ErrBase, &v))
	fmt.Println(errors.As(fmt.Errorf("%w", adaptable{}), &v), v.n)
	if q, ok := errors.AsType[*coded](d); ok {
		fmt.Println("AsType", q.code, q)
	}
	_, ok := errors.AsType[*fs.PathError](d)
	fmt.Println(ok, errors.Unwrap(a) == ErrBase, errors.Unwrap(d), errors.Unwrap(c), errors.Unwrap(ErrBase))
	_, isMany := any(d).(interface{ Unwrap() []error })
	fmt.Println(isMany, fmt.Errorf("no %d verb", 1), errors.Unwrap(fmt.Errorf("not %v", ErrBase)))

	_, err := os.Open("/nonexistent/file")
	var pe *fs.PathError
	fmt.Println(errors.Is(err, fs.ErrNotExist), errors.As(err, &pe), pe.Op, pe.Path, pe.Err, pe.Timeout())
	_, err = strconv.Atoi("12x")
	var ne *strconv.NumError
	fmt.Println(errors.As(err, &ne), ne.Func, ne.Num, errors.Is(err, strconv.ErrSyntax), err)
	_, err = strconv.ParseInt("999", 10, 8)
	fmt.Println(errors.Is(err, strconv.ErrRange), err)

	for _, f := range []func(){
		func() { errors.As(d, nil) },
		func() { errors.As(d, value{}) },
		func() { var s string; errors.As(d, &s) },
	} {
		func() {
			defer func() { fmt.Println(recover()) }()
			f()
		}()
	}
	fmt.Println(errors.ErrUnsupported, ErrBase == errors.New("base"), fmt.Sprintf("%+v %T", d, d))
}
