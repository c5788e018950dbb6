// Package rt is what generated programs print with, and values that their texts need.
package rt

import (
	"bufio"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"os"
	"reflect"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

var (
	NaN64, Inf64, NegInf64, NegZero64 = math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1)
	NaN32, Inf32, NegInf32, NegZero32 = float32(NaN64), float32(Inf64), float32(NegInf64), float32(NegZero64)
	Err                               = errors.New("an error")

	out   = bufio.NewWriterSize(os.Stdout, 1<<16)
	lines int
	sum   = fnv.New64a()
	count int
)

// The lines of a program that are printed as they are; the rest count in its sum.
const shown = 150

func write(s string) {
	lines++
	if lines <= shown {
		out.WriteString(s)
		out.WriteByte('\n')
	}
	sum.Write([]byte(s))
}

func Flush() { out.Flush() }

// Program runs one program and prints the sum of all that it said.
func Program(name string, run func()) {
	lines = 0
	sum.Reset()
	fmt.Fprintln(out, "=== "+name)
	Try(run)
	fmt.Fprintf(out, "--- %s %d %x\n", name, lines, sum.Sum64())
	out.Flush()
}

func P(tag string, values ...any) {
	var b strings.Builder
	b.WriteString(tag)
	for _, v := range values {
		b.WriteByte(' ')
		show(&b, reflect.ValueOf(v), 3)
	}
	write(b.String())
}

func Note(tag string, v int) int { P(tag, v); return v }
func Use(...any)                 {}
func Count()                     { count++ }
func Id[T any](x T) T            { return x }
func Ptr[T any](x T) *T          { return &x }
func Any(x any) any              { return x }
func Itoa(x int) string          { return strconv.Itoa(x) }

func Idx(i, n int) int {
	if n == 0 {
		return 0
	}
	return int(uint(i) % uint(n))
}

func ToInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](f float64) T {
	if f > -1e18 && f < 1e18 {
		return T(int64(f))
	}
	return 0
}

func Seq[S ~[]E, E any](s S) iter.Seq2[int, E] {
	return func(yield func(int, E) bool) {
		for i := 0; i < len(s); i++ {
			if !yield(i, s[i]) {
				return
			}
		}
	}
}

func Hash(values ...any) int {
	var b strings.Builder
	for _, v := range values {
		show(&b, reflect.ValueOf(v), 2)
		b.WriteByte(0)
	}
	h := fnv.New32a()
	h.Write([]byte(b.String()))
	return int(h.Sum32())
}

func Recovered(tag string, e any) {
	switch e := e.(type) {
	case runtime.Error:
		// Which of several operands panics is not specified, so their texts may differ.
		P(tag, "runtime")
	default:
		P(tag, "value", e)
	}
}

func Guard() {
	if e := recover(); e != nil {
		Recovered("guard", e)
	}
}

func Try(f func()) {
	defer func() {
		if e := recover(); e != nil {
			Recovered("try", e)
		}
	}()
	f()
}

func show(b *strings.Builder, v reflect.Value, depth int) {
	if !v.IsValid() {
		b.WriteString("nil")
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		b.WriteString(strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()))
	case reflect.Complex64, reflect.Complex128:
		c := v.Complex()
		b.WriteString(strconv.FormatFloat(real(c), 'g', -1, 64) + "i" + strconv.FormatFloat(imag(c), 'g', -1, 64))
	case reflect.String:
		s := v.String()
		if len(s) > 60 {
			h := fnv.New32a()
			h.Write([]byte(s))
			s = fmt.Sprint(s[:40], "#", len(s), "#", h.Sum32())
		}
		b.WriteString(strconv.Quote(s))
	case reflect.Func:
		b.WriteString("func:" + strconv.FormatBool(v.IsNil()))
	case reflect.Chan:
		b.WriteString("chan:" + strconv.Itoa(v.Len()))
	case reflect.Pointer, reflect.Interface:
		showInner(b, v, depth)
	case reflect.Struct:
		b.WriteString("{")
		for i := 0; i < v.NumField(); i++ {
			if v.Type().Field(i).Name == "_" {
				continue
			}
			show(b, v.Field(i), depth)
			b.WriteByte(' ')
		}
		b.WriteString("}")
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice {
			if v.IsNil() {
				b.WriteString("nil")
			}
			b.WriteString(strconv.Itoa(v.Len()))
		}
		b.WriteString("[")
		for i := 0; i < v.Len() && i < 40; i++ {
			show(b, v.Index(i), depth)
			b.WriteByte(' ')
		}
		b.WriteString("]")
	case reflect.Map:
		showMap(b, v, depth)
	}
}

func showInner(b *strings.Builder, v reflect.Value, depth int) {
	if v.IsNil() {
		b.WriteString("nil")
		return
	}
	if v.Kind() == reflect.Interface {
		b.WriteString("(" + strings.ReplaceAll(v.Elem().Type().String(), "interface {}", "any") + ")")
		show(b, v.Elem(), depth)
		return
	}
	if depth == 0 {
		b.WriteString("&...")
		return
	}
	b.WriteString("&")
	show(b, v.Elem(), depth-1)
}

func showMap(b *strings.Builder, v reflect.Value, depth int) {
	if v.IsNil() {
		b.WriteString("nilmap")
		return
	}
	var list []string
	for it := v.MapRange(); it.Next(); {
		var e strings.Builder
		show(&e, it.Key(), depth)
		e.WriteByte(':')
		if depth > 0 {
			show(&e, it.Value(), depth-1)
		}
		list = append(list, e.String())
	}
	sort.Strings(list)
	b.WriteString("map[" + strings.Join(list, " ") + "]")
}
