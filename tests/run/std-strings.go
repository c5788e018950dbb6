package main

import (
	"fmt"
	"strings"
	"unicode"
)

func main() {
	s := "The quick brown fox"
	fmt.Println(strings.Contains(s, "quick"), strings.HasPrefix(s, "The"), strings.HasSuffix(s, "x"), strings.Index(s, "q"), strings.LastIndex(s, "o"), strings.IndexAny(s, "xyz"), strings.Count(s, "o"))
	fmt.Printf("%q %q %q\n", strings.Split(s, " "), strings.SplitN(s, " ", 2), strings.SplitAfter("a,b", ","))
	fmt.Println(strings.Replace(s, "o", "0", 1), strings.ReplaceAll(s, "o", "0"), strings.Title("hello world"), strings.ToTitle("x"))
	fmt.Println(strings.Trim("xxabcxx", "x"), strings.TrimLeft("  a ", " "), strings.TrimSuffix("a.go", ".go"), strings.TrimFunc("12a34", unicode.IsDigit))
	fmt.Println(strings.Map(func(r rune) rune {
		if r == 'o' {
			return -1
		}
		return unicode.ToUpper(r)
	}, s), strings.Repeat("ab", 3), strings.Join([]string{"a", "b"}, "-"))
	fmt.Println(strings.EqualFold("Straße", "STRASSE"), strings.EqualFold("Σ", "ς"), strings.ToUpper("ß é"), strings.ToLower("ÀÉ"))
	r := strings.NewReplacer("<", "&lt;", ">", "&gt;")
	fmt.Println(r.Replace("<b>bold</b>"), strings.NewReplacer("a", "1", "b", "2").Replace("abc"))
	fmt.Println(strings.FieldsFunc("a1b2c", unicode.IsDigit), strings.Compare("a", "b"), strings.ContainsRune("é", 'é'), strings.IndexByte("abc", 'c'))
	before, after, found := strings.Cut("key=val=x", "=")
	fmt.Println(before, after, found, strings.ToValidUTF8("a\xffb", "?"))
	long := strings.Repeat("a", 10000) + "needle" + strings.Repeat("b", 100)
	fmt.Println(strings.Index(long, "needle"), strings.Count(long, "aa"), strings.LastIndex(long, "ab"), len(strings.Fields(strings.Repeat(" x ", 100))))
	var b strings.Builder
	b.Grow(100)
	for i := range 3 {
		fmt.Fprintf(&b, "%d;", i)
	}
	fmt.Println(b.String(), b.Len())
	rd := strings.NewReader("reader")
	c, _ := rd.ReadByte()
	fmt.Println(string(c), rd.Len(), rd.Size())
}
