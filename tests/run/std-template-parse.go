// text/template and its parse: trees as text, functions, errors of parsing and of running.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/template"
	"text/template/parse"
)

type item struct {
	Name  string
	Price float64
	Tags  []string
	Next  *item
}

func (i item) Discount(p int) float64   { return i.Price * float64(100-p) / 100 }
func (i *item) Fail() (string, error)   { return "", errors.New("failed on purpose") }
func (i item) Call(f func(int) int) int { return f(len(i.Name)) }

func walk(n parse.Node, depth int) {
	fmt.Printf("%s%T %v %q\n", strings.Repeat(" ", depth), n, n.Type() == parse.NodeAction, n)
	switch n := n.(type) {
	case *parse.ListNode:
		for _, c := range n.Nodes {
			walk(c, depth+1)
		}
	case *parse.ActionNode:
		for _, c := range n.Pipe.Cmds {
			for _, a := range c.Args {
				walk(a, depth+1)
			}
		}
	case *parse.RangeNode:
		walk(n.List, depth+1)
		if n.ElseList != nil {
			walk(n.ElseList, depth+1)
		}
	case *parse.IfNode:
		walk(n.List, depth+1)
	}
}

func main() {
	text := `{{- /* c */ -}} Hi {{.Name | printf "%-6s|"}}{{range $i, $t := .Tags}}{{if $i}}, {{end}}{{$t}}{{else}}none{{end}}{{define "sub"}}<{{.}}>{{end}} {{template "sub" .Price}}{{with $x := 3}}{{$x}}{{end}}`
	trees, err := parse.Parse("t", text, "", "", map[string]any{"printf": fmt.Sprintf})
	fmt.Println(err, len(trees))
	walk(trees["t"].Root, 0)
	fmt.Println(trees["sub"].Root, trees["t"].Copy().Root.String() == trees["t"].Root.String(), parse.IsEmptyTree(trees["sub"].Root))

	funcs := template.FuncMap{"upper": strings.ToUpper, "add": func(xs ...int) (n int) {
		for _, x := range xs {
			n += x
		}
		return
	}, "double": func() func(int) int { return func(n int) int { return 2 * n } }}
	data := &item{"box", 12.5, []string{"a", "b"}, &item{Name: "next"}}
	for _, s := range []string{
		text,
		`{{.Discount 20}} {{.Next.Name | upper | printf "%q"}} {{add 1 2 3}} {{.Call double}} {{len .Tags}} {{index .Tags 1}} {{slice .Name 1 2}}`,
		`{{if and .Name (gt .Price 10.0) (not .Next.Next)}}yes{{else if .Tags}}tags{{else}}no{{end}} {{or "" "x"}} {{eq 1 2 1}} {{ne "a" "b"}} {{le 2 2}}`,
		`{{range $i := 3}}{{if eq $i 1}}{{continue}}{{end}}{{$i}}{{end}} {{range .Tags}}{{.}}{{break}}{{end}} {{$n := 1}}{{range .Tags}}{{$n = add $n 1}}{{end}}{{$n}}`,
		`{{html "<a&b>"}} {{js "it's"}} {{urlquery "a b&c"}} {{print 1 "x" 2 3}} {{println "e"}}{{printf "%v %T" nil 'x'}} {{1e3}} {{0x1F}} {{true}} {{"\u00e9"}} {{` + "`raw`" + `}}`,
		`{{block "blk" .Name}}[{{.}}]{{end}} {{template "blk" "other"}}`,
		`{{.Fail}}`, `{{.Missing}}`, `{{index .Tags 5}}`, `{{.Next.Next.Name}}`, `{{template "nowhere"}}`, `{{call .Name}}`, `{{lt 1 "a"}}`,
		`{{`, `{{if}}{{end}}`, `{{end}}`, `{{.a | }}`, `{{nofunc 1}}`, `{{$x}}`, `{{range .}}`, `{{"unterminated}}`, `{{break}}`, `{{1 | 2}}`, `{{define "x"}}`, `{{template}}`,
	} {
		t, err := template.New("t").Funcs(funcs).Parse(s)
		if err == nil {
			err = t.Execute(os.Stdout, data)
			fmt.Println()
		}
		if err != nil {
			fmt.Println("error:", err)
			var e template.ExecError
			fmt.Println(errors.As(err, &e), e.Name)
		}
	}
	t := template.Must(template.New("a").Delims("<<", ">>").Option("missingkey=error").Parse(`<<.x>> {{.x}}`))
	fmt.Println(t.Execute(os.Stdout, map[string]int{"x": 1}), t.Execute(os.Stdout, map[string]int{}), t.DefinedTemplates(), t.Lookup("b") == nil)
}
