// Small numbers and zero values need no memory in an interface.
package main

import (
	"fmt"
	"runtime"
)

var sink any

type celsius float64
type id uint32
type pair struct{ n int64 }
type names []string

//go:noinline
func count(what string, f func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		f()
	}
	runtime.ReadMemStats(&after)
	// Something else may allocate once.
	fmt.Println(what, (after.Mallocs-before.Mallocs+50)/100, sinkText())
}

func sinkText() string {
	switch v := sink.(type) {
	case int:
		return "int " + digits(int64(v))
	case int16:
		return "int16 " + digits(int64(v))
	case id:
		return "id " + digits(int64(v))
	case celsius:
		return "celsius " + digits(int64(v))
	case pair:
		return "pair " + digits(v.n)
	case string:
		return "string <" + v + ">"
	case names:
		if v == nil {
			return "nil names"
		}
		return "names " + digits(int64(len(v)))
	case bool:
		return "bool"
	}
	return "?"
}

func digits(n int64) string {
	if n < 0 {
		return "-" + digits(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return digits(n/10) + string(rune('0'+n%10))
}

//go:noinline
func number(n int) int { return n }

func main() {
	for _, n := range []int{0, 1, 255, 256, -1} {
		n := number(n)
		fmt.Println("value", n)
		count("int", func() { sink = n })
		count("int16", func() { sink = int16(n) })
		count("uint32", func() { sink = id(n) })
		count("float64", func() { sink = celsius(n) })
		count("struct", func() { sink = pair{int64(n)} })
		count("bool", func() { sink = n == 0 })
	}
	s := string(make([]byte, number(0)))
	count("empty string", func() { sink = s })
	t := "abcdef"[:number(3)]
	count("string", func() { sink = t })
	var none names
	if number(0) == 1 {
		none = names{"a"}
	}
	count("nil slice", func() { sink = none })
	empty := names{}
	count("empty slice", func() { sink = empty })
}
