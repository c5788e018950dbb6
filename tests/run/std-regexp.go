package main

import (
	"fmt"
	"regexp"
	"strings"
)

func main() {
	re := regexp.MustCompile(`(?P<year>\d{4})-(?P<month>\d{2})`)
	s := "from 2024-01 to 2026-12, not 99-1"
	fmt.Println(re.FindString(s), re.FindAllString(s, -1), re.FindStringSubmatchIndex(s))
	fmt.Println(re.SubexpNames(), re.NumSubexp(), re.MatchString("none"), re.String())
	fmt.Println(re.ReplaceAllString(s, "${month}/$year"))
	fmt.Println(re.ReplaceAllStringFunc(s, strings.ToUpper))
	fmt.Printf("%q\n", regexp.MustCompile(`\s*[,;]\s*`).Split("a , b;c,d", -1))
	fmt.Println(regexp.MustCompile(`(?i)hello|wörld`).FindAllString("HELLO WÖRLD hello", -1))
	fmt.Println(regexp.MustCompile(`^(a+)+$`).MatchString(strings.Repeat("a", 50)+"b"), regexp.QuoteMeta("a.b*c"))
	fmt.Println(regexp.MustCompile(`a.*?c`).FindString("abcabc"), regexp.MustCompilePOSIX(`a+|a+b`).FindString("aab"))
	fmt.Println(regexp.MustCompile(`\b\w+\b`).FindAllStringIndex("one two", -1), regexp.MustCompile(`[^\pL]+`).ReplaceAllString("é1ü2", "-"))
	for _, bad := range []string{`(`, `a**`, `[z-a]`, `\8`, `(?P<n>`} {
		_, err := regexp.Compile(bad)
		fmt.Println(err)
	}
	long := strings.Repeat("x=1;y=22;", 500)
	fmt.Println(len(regexp.MustCompile(`(\w)=(\d+);`).FindAllStringSubmatch(long, -1)))
}
