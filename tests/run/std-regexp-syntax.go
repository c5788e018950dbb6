// regexp/syntax: trees, simplification, programs, errors.
package main

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

func show(b *strings.Builder, re *syntax.Regexp) {
	fmt.Fprintf(b, "%v", re.Op)
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass:
		fmt.Fprintf(b, "%q", string(re.Rune))
	case syntax.OpCapture:
		fmt.Fprintf(b, "#%d%s", re.Cap, re.Name)
	case syntax.OpRepeat:
		fmt.Fprintf(b, "%d-%d", re.Min, re.Max)
	}
	if len(re.Sub) > 0 {
		b.WriteByte('(')
		for i, sub := range re.Sub {
			if i > 0 {
				b.WriteByte(' ')
			}
			show(b, sub)
		}
		b.WriteByte(')')
	}
}

func main() {
	for _, s := range []string{
		`a`, `abc|abd|ax`, `a*b+?c??`, `(?P<year>\d{4})-(\d\d)`, `[^a-z\d_]`, `(?i)straße`, `x{2,4}y{3,}z{0}`, `^$\b\B\A\z`, `(?s).(?-s).`,
		`\pL\P{Greek}[[:alpha:]]`, `(?:a|b)|[c-f]`, `\Q.*\E+`, `\x41\x{1F600}\n`, `()|a`, `(?U)a+`, `(?m)^a$`,
	} {
		re, err := syntax.Parse(s, syntax.Perl)
		if err != nil {
			fmt.Println(s, err)
			continue
		}
		var b strings.Builder
		show(&b, re)
		simple := re.Simplify()
		fmt.Println(s, "|", b.String(), "|", re, "|", simple, re.MaxCap(), re.CapNames(), re.Equal(simple))
		prog, err := syntax.Compile(simple)
		prefix, complete := prog.Prefix()
		fmt.Println(len(prog.Inst), prog.NumCap, prog.StartCond(), prefix, complete, err)
	}
	for _, s := range []string{`(`, `)`, `[a`, `a**`, `*a`, `a{1001}`, `(?P<n>a)(?P<n>b)`, `\8`, `[z-a]`, `(?z)`, `\`, `x{2,1}`, `\pZz{`, "a\xff", `(?<n`, `((((a{100}){100}){100}){100})`} {
		_, err := syntax.Parse(s, syntax.Perl)
		if e, ok := err.(*syntax.Error); ok {
			fmt.Printf("%q %v %q\n", s, e.Code, e.Expr)
		} else {
			fmt.Printf("%q %v\n", s, err)
		}
	}
	prog, _ := syntax.Parse(`a(b|c)*d`, syntax.POSIX)
	p, _ := syntax.Compile(prog.Simplify())
	fmt.Println(p)

	re := regexp.MustCompile(`(?P<key>\w+)\s*=\s*(?P<value>"[^"]*"|\S+)`)
	text := `a = 1, name="x y" last=z`
	fmt.Println(re.FindAllStringSubmatch(text, -1), re.SubexpNames(), re.SubexpIndex("value"), re.NumSubexp())
	fmt.Println(re.ReplaceAllString(text, "${value}:$key"), re.ReplaceAllLiteralString(text, "$1"))
	fmt.Println(re.ReplaceAllStringFunc(text, strings.ToUpper), re.FindAllStringSubmatchIndex(text, 2))
	fmt.Println(regexp.MustCompile(`a*`).FindAllStringIndex("baaab", -1), regexp.MustCompile(`[,;]\s*`).Split("a, b;c,,d", -1))
	long := regexp.MustCompile(`a+|a+b`)
	fmt.Println(long.FindString("aab"))
	long.Longest()
	fmt.Println(long.FindString("aab"), regexp.QuoteMeta("[a.b]*"), string(re.Expand(nil, []byte("<$key>"), []byte(text), re.FindSubmatchIndex([]byte(text)))))
	one, err := regexp.CompilePOSIX(`(a|ab)(c|bcd)`)
	fmt.Println(one.FindStringSubmatch("abcd"), err)
	fmt.Println(regexp.MustCompile(`(a?){25}a{25}`).MatchString(strings.Repeat("a", 25)))
}
