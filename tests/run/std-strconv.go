package main

import (
	"fmt"
	"math"
	"strconv"
)

func main() {
	for _, s := range []string{"0", "-12", "+7", "0x1f", "1_000", "", "abc", "9223372036854775808", "1e3"} {
		n, err := strconv.Atoi(s)
		m, err2 := strconv.ParseInt(s, 0, 64)
		fmt.Println(n, err, m, err2)
	}
	for _, s := range []string{"1.5", "1e400", "-0", "inf", "NaN", "0x1p-2", "1e-400", ".5", "1.7976931348623157e308", "4.9e-324", "x"} {
		f, err := strconv.ParseFloat(s, 64)
		g, err2 := strconv.ParseFloat(s, 32)
		fmt.Println(f, err, g, err2)
	}
	fmt.Println(strconv.FormatInt(-255, 16), strconv.FormatUint(math.MaxUint64, 36), strconv.Itoa(-5), strconv.FormatInt(5, 2))
	for _, f := range []float64{0.1, 1e21, 123456789, 1.0 / 3, math.MaxFloat64, 5e-324, 100, 2.5e-7} {
		fmt.Println(strconv.FormatFloat(f, 'g', -1, 64), strconv.FormatFloat(f, 'e', 5, 64), strconv.FormatFloat(f, 'f', -1, 32), strconv.FormatFloat(f, 'b', -1, 64))
	}
	fmt.Println(strconv.Quote("a\n\"é\x00\u2028😀"), strconv.QuoteToASCII("é😀"), strconv.QuoteRune('☺'), strconv.AppendQuote(nil, "x"))
	u, err := strconv.Unquote(`"a\tb\u00e9"`)
	fmt.Println(u, err)
	_, err = strconv.Unquote("bad")
	fmt.Println(err)
	b, err := strconv.ParseBool("T")
	fmt.Println(b, err)
	_, err = strconv.ParseBool("maybe")
	fmt.Println(err)
	_, err = strconv.ParseUint("300", 10, 8)
	fmt.Println(err)
}
