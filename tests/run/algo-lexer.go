package main

import (
	"errors"
	"fmt"
	"strconv"
	"unicode"
)

type kind int

const (
	num kind = iota
	op
	open
	shut
)

type token struct {
	kind
	text string
	pos  int
}

type parser struct {
	toks []token
	i    int
}

var errEnd = errors.New("unexpected end")

type syntaxError struct {
	tok token
}

func (e syntaxError) Error() string { return fmt.Sprintf("%d: unexpected %q", e.tok.pos, e.tok.text) }

func lex(s string) (ts []token, err error) {
	rs := []rune(s)
	for i := 0; i < len(rs); {
		switch r := rs[i]; {
		case unicode.IsSpace(r):
			i++
		case unicode.IsDigit(r) || r == '.':
			j := i
			for j < len(rs) && (unicode.IsDigit(rs[j]) || rs[j] == '.') {
				j++
			}
			ts = append(ts, token{num, string(rs[i:j]), i})
			i = j
		case r == '(':
			ts = append(ts, token{open, "(", i})
			i++
		case r == ')':
			ts = append(ts, token{shut, ")", i})
			i++
		default:
			if _, ok := prec[string(r)]; !ok {
				return nil, fmt.Errorf("%d: bad character %q", i, r)
			}
			ts = append(ts, token{op, string(r), i})
			i++
		}
	}
	return
}

var prec = map[string]int{"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}

func (p *parser) expr(min int) float64 {
	left := p.atom()
	for p.i < len(p.toks) {
		t := p.toks[p.i]
		if t.kind != op || prec[t.text] < min {
			break
		}
		p.i++
		next := prec[t.text] + 1
		if t.text == "^" {
			next--
		}
		right := p.expr(next)
		switch t.text {
		case "+":
			left += right
		case "-":
			left -= right
		case "*":
			left *= right
		case "/":
			left /= right
		case "^":
			x := 1.0
			for range int(right) {
				x *= left
			}
			left = x
		}
	}
	return left
}

func (p *parser) atom() float64 {
	if p.i >= len(p.toks) {
		panic(errEnd)
	}
	t := p.toks[p.i]
	p.i++
	switch {
	case t.kind == num:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			panic(err)
		}
		return f
	case t.kind == open:
		v := p.expr(1)
		if p.i >= len(p.toks) {
			panic(errEnd)
		}
		if c := p.toks[p.i]; c.kind != shut {
			panic(syntaxError{c})
		}
		p.i++
		return v
	case t.text == "-":
		return -p.expr(3)
	}
	panic(syntaxError{t})
}

func eval(s string) (v float64, err error) {
	ts, err := lex(s)
	if err != nil {
		return 0, err
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("%q: %w", s, r)
		default:
			panic(r)
		}
	}()
	p := &parser{toks: ts}
	v = p.expr(1)
	if p.i < len(ts) {
		return 0, syntaxError{ts[p.i]}
	}
	return v, nil
}

func main() {
	for _, s := range []string{"1+2*3", "(1+2)*3", "2^3^2", "-2^2", "10/4-1", "1 +", "(1", "1 $ 2", "1.2.3", "* 2", "1 2", "((((7))))", "1/0"} {
		v, err := eval(s)
		fmt.Println(s, "=", v, err, errors.Is(err, errEnd))
	}
}
