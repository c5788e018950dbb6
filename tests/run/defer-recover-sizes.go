// Functions that recover give their results, whatever their size: what they return is found in the frame, where the panic
// left it.
package main

import (
	"errors"
	"fmt"
)

//go:noinline
func fail(n int) int {
	if n > 1 {
		panic(fmt.Sprint("at ", n))
	}
	return n
}

//go:noinline
func failLate(a, b, c, d, e int) int {
	return a + b + c + d + e + fail(a+b+c+d+e)
}

type R0 struct{ v [0]int }

//go:noinline
func named0(n int) (r R0, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New(fmt.Sprint("recovered ", x))
		}
	}()
	for i := range r.v {
		r.v[i] = i + n
	}
	x, y := n*3, n*5
	k := failLate(n, 0, 0, 0, 0) + fail(x-x+n)
	for i := range r.v {
		r.v[i] += k + x + y
	}
	return r, nil
}

//go:noinline
func plain0(n int) (R0, int) {
	defer func() { recover() }()
	var r R0
	k := fail(n)
	for i := range r.v {
		r.v[i] = k + i
	}
	return r, k
}

//go:noinline
func captured0(n int) (r R0, k int) {
	set := func(d int) {
		for i := range r.v {
			r.v[i] += d
		}
		k += d
	}
	defer func() {
		recover()
		set(100)
	}()
	set(n)
	set(fail(n))
	return
}

//go:noinline
func ranged0(seq func(func(int) bool), n int) (r R0, k int) {
	defer func() { recover() }()
	for v := range seq {
		k += v
		for i := range r.v {
			r.v[i] = v + k
		}
		if fail(v+n) > 5 {
			return r, k
		}
	}
	return
}

type R1 struct{ v [1]int }

//go:noinline
func named1(n int) (r R1, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New(fmt.Sprint("recovered ", x))
		}
	}()
	for i := range r.v {
		r.v[i] = i + n
	}
	x, y := n*3, n*5
	k := failLate(n, 0, 0, 0, 0) + fail(x-x+n)
	for i := range r.v {
		r.v[i] += k + x + y
	}
	return r, nil
}

//go:noinline
func plain1(n int) (R1, int) {
	defer func() { recover() }()
	var r R1
	k := fail(n)
	for i := range r.v {
		r.v[i] = k + i
	}
	return r, k
}

//go:noinline
func captured1(n int) (r R1, k int) {
	set := func(d int) {
		for i := range r.v {
			r.v[i] += d
		}
		k += d
	}
	defer func() {
		recover()
		set(100)
	}()
	set(n)
	set(fail(n))
	return
}

//go:noinline
func ranged1(seq func(func(int) bool), n int) (r R1, k int) {
	defer func() { recover() }()
	for v := range seq {
		k += v
		for i := range r.v {
			r.v[i] = v + k
		}
		if fail(v+n) > 5 {
			return r, k
		}
	}
	return
}

type R4 struct{ v [4]int }

//go:noinline
func named4(n int) (r R4, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New(fmt.Sprint("recovered ", x))
		}
	}()
	for i := range r.v {
		r.v[i] = i + n
	}
	x, y := n*3, n*5
	k := failLate(n, 0, 0, 0, 0) + fail(x-x+n)
	for i := range r.v {
		r.v[i] += k + x + y
	}
	return r, nil
}

//go:noinline
func plain4(n int) (R4, int) {
	defer func() { recover() }()
	var r R4
	k := fail(n)
	for i := range r.v {
		r.v[i] = k + i
	}
	return r, k
}

//go:noinline
func captured4(n int) (r R4, k int) {
	set := func(d int) {
		for i := range r.v {
			r.v[i] += d
		}
		k += d
	}
	defer func() {
		recover()
		set(100)
	}()
	set(n)
	set(fail(n))
	return
}

//go:noinline
func ranged4(seq func(func(int) bool), n int) (r R4, k int) {
	defer func() { recover() }()
	for v := range seq {
		k += v
		for i := range r.v {
			r.v[i] = v + k
		}
		if fail(v+n) > 5 {
			return r, k
		}
	}
	return
}

type R5 struct{ v [5]int }

//go:noinline
func named5(n int) (r R5, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New(fmt.Sprint("recovered ", x))
		}
	}()
	for i := range r.v {
		r.v[i] = i + n
	}
	x, y := n*3, n*5
	k := failLate(n, 0, 0, 0, 0) + fail(x-x+n)
	for i := range r.v {
		r.v[i] += k + x + y
	}
	return r, nil
}

//go:noinline
func plain5(n int) (R5, int) {
	defer func() { recover() }()
	var r R5
	k := fail(n)
	for i := range r.v {
		r.v[i] = k + i
	}
	return r, k
}

//go:noinline
func captured5(n int) (r R5, k int) {
	set := func(d int) {
		for i := range r.v {
			r.v[i] += d
		}
		k += d
	}
	defer func() {
		recover()
		set(100)
	}()
	set(n)
	set(fail(n))
	return
}

//go:noinline
func ranged5(seq func(func(int) bool), n int) (r R5, k int) {
	defer func() { recover() }()
	for v := range seq {
		k += v
		for i := range r.v {
			r.v[i] = v + k
		}
		if fail(v+n) > 5 {
			return r, k
		}
	}
	return
}

type R16 struct{ v [16]int }

//go:noinline
func named16(n int) (r R16, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New(fmt.Sprint("recovered ", x))
		}
	}()
	for i := range r.v {
		r.v[i] = i + n
	}
	x, y := n*3, n*5
	k := failLate(n, 0, 0, 0, 0) + fail(x-x+n)
	for i := range r.v {
		r.v[i] += k + x + y
	}
	return r, nil
}

//go:noinline
func plain16(n int) (R16, int) {
	defer func() { recover() }()
	var r R16
	k := fail(n)
	for i := range r.v {
		r.v[i] = k + i
	}
	return r, k
}

//go:noinline
func captured16(n int) (r R16, k int) {
	set := func(d int) {
		for i := range r.v {
			r.v[i] += d
		}
		k += d
	}
	defer func() {
		recover()
		set(100)
	}()
	set(n)
	set(fail(n))
	return
}

//go:noinline
func ranged16(seq func(func(int) bool), n int) (r R16, k int) {
	defer func() { recover() }()
	for v := range seq {
		k += v
		for i := range r.v {
			r.v[i] = v + k
		}
		if fail(v+n) > 5 {
			return r, k
		}
	}
	return
}

type R17 struct{ v [17]int }

//go:noinline
func named17(n int) (r R17, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New(fmt.Sprint("recovered ", x))
		}
	}()
	for i := range r.v {
		r.v[i] = i + n
	}
	x, y := n*3, n*5
	k := failLate(n, 0, 0, 0, 0) + fail(x-x+n)
	for i := range r.v {
		r.v[i] += k + x + y
	}
	return r, nil
}

//go:noinline
func plain17(n int) (R17, int) {
	defer func() { recover() }()
	var r R17
	k := fail(n)
	for i := range r.v {
		r.v[i] = k + i
	}
	return r, k
}

//go:noinline
func captured17(n int) (r R17, k int) {
	set := func(d int) {
		for i := range r.v {
			r.v[i] += d
		}
		k += d
	}
	defer func() {
		recover()
		set(100)
	}()
	set(n)
	set(fail(n))
	return
}

//go:noinline
func ranged17(seq func(func(int) bool), n int) (r R17, k int) {
	defer func() { recover() }()
	for v := range seq {
		k += v
		for i := range r.v {
			r.v[i] = v + k
		}
		if fail(v+n) > 5 {
			return r, k
		}
	}
	return
}

type R23 struct{ v [23]int }

//go:noinline
func named23(n int) (r R23, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New(fmt.Sprint("recovered ", x))
		}
	}()
	for i := range r.v {
		r.v[i] = i + n
	}
	x, y := n*3, n*5
	k := failLate(n, 0, 0, 0, 0) + fail(x-x+n)
	for i := range r.v {
		r.v[i] += k + x + y
	}
	return r, nil
}

//go:noinline
func plain23(n int) (R23, int) {
	defer func() { recover() }()
	var r R23
	k := fail(n)
	for i := range r.v {
		r.v[i] = k + i
	}
	return r, k
}

//go:noinline
func captured23(n int) (r R23, k int) {
	set := func(d int) {
		for i := range r.v {
			r.v[i] += d
		}
		k += d
	}
	defer func() {
		recover()
		set(100)
	}()
	set(n)
	set(fail(n))
	return
}

//go:noinline
func ranged23(seq func(func(int) bool), n int) (r R23, k int) {
	defer func() { recover() }()
	for v := range seq {
		k += v
		for i := range r.v {
			r.v[i] = v + k
		}
		if fail(v+n) > 5 {
			return r, k
		}
	}
	return
}

type R40 struct{ v [40]int }

//go:noinline
func named40(n int) (r R40, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New(fmt.Sprint("recovered ", x))
		}
	}()
	for i := range r.v {
		r.v[i] = i + n
	}
	x, y := n*3, n*5
	k := failLate(n, 0, 0, 0, 0) + fail(x-x+n)
	for i := range r.v {
		r.v[i] += k + x + y
	}
	return r, nil
}

//go:noinline
func plain40(n int) (R40, int) {
	defer func() { recover() }()
	var r R40
	k := fail(n)
	for i := range r.v {
		r.v[i] = k + i
	}
	return r, k
}

//go:noinline
func captured40(n int) (r R40, k int) {
	set := func(d int) {
		for i := range r.v {
			r.v[i] += d
		}
		k += d
	}
	defer func() {
		recover()
		set(100)
	}()
	set(n)
	set(fail(n))
	return
}

//go:noinline
func ranged40(seq func(func(int) bool), n int) (r R40, k int) {
	defer func() { recover() }()
	for v := range seq {
		k += v
		for i := range r.v {
			r.v[i] = v + k
		}
		if fail(v+n) > 5 {
			return r, k
		}
	}
	return
}

func main() {
	seq := func(f func(int) bool) {
		for i := range 3 {
			if !f(i) {
				return
			}
		}
	}
	fmt.Println(named0(1))
	fmt.Println(named0(2))
	fmt.Println(plain0(1))
	fmt.Println(plain0(2))
	fmt.Println(captured0(1))
	fmt.Println(captured0(2))
	fmt.Println(ranged0(seq, -3))
	fmt.Println(ranged0(seq, 0))
	fmt.Println(named1(1))
	fmt.Println(named1(2))
	fmt.Println(plain1(1))
	fmt.Println(plain1(2))
	fmt.Println(captured1(1))
	fmt.Println(captured1(2))
	fmt.Println(ranged1(seq, -3))
	fmt.Println(ranged1(seq, 0))
	fmt.Println(named4(1))
	fmt.Println(named4(2))
	fmt.Println(plain4(1))
	fmt.Println(plain4(2))
	fmt.Println(captured4(1))
	fmt.Println(captured4(2))
	fmt.Println(ranged4(seq, -3))
	fmt.Println(ranged4(seq, 0))
	fmt.Println(named5(1))
	fmt.Println(named5(2))
	fmt.Println(plain5(1))
	fmt.Println(plain5(2))
	fmt.Println(captured5(1))
	fmt.Println(captured5(2))
	fmt.Println(ranged5(seq, -3))
	fmt.Println(ranged5(seq, 0))
	fmt.Println(named16(1))
	fmt.Println(named16(2))
	fmt.Println(plain16(1))
	fmt.Println(plain16(2))
	fmt.Println(captured16(1))
	fmt.Println(captured16(2))
	fmt.Println(ranged16(seq, -3))
	fmt.Println(ranged16(seq, 0))
	fmt.Println(named17(1))
	fmt.Println(named17(2))
	fmt.Println(plain17(1))
	fmt.Println(plain17(2))
	fmt.Println(captured17(1))
	fmt.Println(captured17(2))
	fmt.Println(ranged17(seq, -3))
	fmt.Println(ranged17(seq, 0))
	fmt.Println(named23(1))
	fmt.Println(named23(2))
	fmt.Println(plain23(1))
	fmt.Println(plain23(2))
	fmt.Println(captured23(1))
	fmt.Println(captured23(2))
	fmt.Println(ranged23(seq, -3))
	fmt.Println(ranged23(seq, 0))
	fmt.Println(named40(1))
	fmt.Println(named40(2))
	fmt.Println(plain40(1))
	fmt.Println(plain40(2))
	fmt.Println(captured40(1))
	fmt.Println(captured40(2))
	fmt.Println(ranged40(seq, -3))
	fmt.Println(ranged40(seq, 0))
}
