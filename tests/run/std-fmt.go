package main

import (
	"errors"
	"fmt"
	"strings"
)

type T struct {
	A int
	B string
	C *T
	D []int
	E map[string]int
}
type S string

func (s S) String() string { return "S:" + string(s) }

type G int

func (g G) GoString() string { return "G!" }
func (g G) Format(f fmt.State, verb rune) {
	w, ok := f.Width()
	fmt.Fprintf(f, "<%c %d %v %v>", verb, w, ok, f.Flag('+'))
}

type P struct{}

func (*P) Error() string { panic("in Error") }

func main() {
	t := T{1, "b", &T{A: 2}, []int{1}, map[string]int{"z": 1, "a": 2}}
	t.C = nil
	fmt.Printf("%v %+v\n", t, t)
	fmt.Printf("%#v\n", t)
	fmt.Printf("%d %5d %-5d| %05d %+d %x %X %#x %o %#o %b %c %q %U\n", 42, 42, 42, 42, 42, 255, 255, 255, 8, 8, 5, 65, 65, 0x1F600)
	fmt.Printf("%f %.2f %8.3f %-8.1f| %e %g %G %08.2f %+.1f\n", 1.5, 1.005, 3.14159, 2.25, 1e6, 1e-7, 1e20, -3.14159, 2.0)
	fmt.Printf("%s %10s %-10s| %.2s %q %x %X % x %#q\n", "go", "go", "go", "golang", "q\n", "hex", "hex", "hex", "raw")
	fmt.Printf("%t %v %p %T %T\n", true, nil, nil, t, S("x"))
	fmt.Printf("%v %s %d\n", S("x"), S("y"), []S{"a"})
	fmt.Printf("%5v %+v %d\n", G(1), G(2), G(3))
	fmt.Printf("%!|%z|%d|%d %s\n", 1, "x")
	fmt.Printf("%d %d\n", 1)
	fmt.Printf("%d\n", 1, 2)
	fmt.Printf("%[2]d %[1]d %[3]*.[2]*[1]f|\n", 1, 2, 3)
	fmt.Printf("%*d|%-*d|\n", 5, 1, 5, 2)
	fmt.Printf("%v %v %v\n", errors.New("e"), []error{errors.New("x")}, struct{ error }{errors.New("in")})
	fmt.Printf("%v\n", (*P)(nil))
	fmt.Printf("%x %X %x\n", []byte{1, 171}, [2]byte{1, 2}, []string{"ab", "c"})
	fmt.Printf("%v %d %s\n", []byte("hi"), []byte("hi"), []byte("hi"))
	fmt.Printf("%6.2f|%v|%.3v|%g\n", []float64{1, 2.5}, 1e6, 1234.5678, float32(0.1))
	fmt.Printf("%v %v\n", [3]bool{true}, map[string][]int{"b": {1}, "a": nil})
	fmt.Printf("%#v %#v %#v %#v %#v\n", 1.0, "s", []string{"a"}, map[int]bool{1: true}, struct {
		X any
		Y *int
	}{})
	fmt.Println(fmt.Sprint("a", 1, 2, "b", "c", 3.0), fmt.Sprintln("x", 1))
	var a, b int
	var s string
	n, err := fmt.Sscanf("10-20 abc", "%d-%d %s", &a, &b, &s)
	fmt.Println(n, err, a, b, s)
	n, err = fmt.Sscan("1 2", &a, &b)
	fmt.Println(n, err, a, b)
	n, err = fmt.Sscan("x", &a)
	fmt.Println(n, err)
	var f float64
	fmt.Fscan(strings.NewReader("2.5 true"), &f)
	fmt.Println(f, fmt.Append(nil, "x", 1), fmt.Errorf("w: %w", errors.New("in")))
	fmt.Printf("%08b|%+q|%x|%v\n", -5, "é", -255, 'x')
	fmt.Printf("%3c|%-3c|%03d|% d|%+.2e\n", 'a', 'b', -5, 7, 12345.678)
}
