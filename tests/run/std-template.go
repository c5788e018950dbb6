package main

import (
	"fmt"
	"os"
	"strings"
	"text/template"
)

type Item struct {
	Name  string
	Price float64
	Tags  []string
}

func (i Item) Expensive() bool             { return i.Price > 10 }
func (i Item) With(s string, n int) string { return fmt.Sprint(i.Name, s, n) }

const page = `{{define "item"}}{{.Name | upper | printf "%-8s"}} {{printf "%.2f" .Price}}{{if .Expensive}} !{{end}}{{end -}}
{{range $i, $it := .Items}}{{$i}}: {{template "item" $it}}{{range .Tags}} #{{.}}{{else}} (none){{end}}
{{end}}{{with .Missing}}never{{else}}no missing{{end}} {{len .Items}} {{index .M "k"}} {{.M.k}} {{and true .M}} {{not false}}
{{- /* comment */ -}}
{{$x := 1}}{{$x = add $x 41}} {{$x}} {{eq 1 1}} {{lt 1.5 2.5}} {{or "" "default"}} {{slice "abcdef" 1 3}} {{html "<a>"}} {{js "'"}}
{{range $k, $v := .M}}{{$k}}={{$v}};{{end}} {{(index .Items 0).With "-" 7}} {{range 3}}{{.}}{{end}} {{range $i := .Items}}{{if eq $i.Name "b"}}{{break}}{{end}}{{$i.Name}}{{end}}
`

func main() {
	funcs := template.FuncMap{"upper": strings.ToUpper, "add": func(a, b int) int { return a + b }}
	t := template.Must(template.New("page").Funcs(funcs).Parse(page))
	err := t.Execute(os.Stdout, map[string]any{
		"Items": []Item{{"a", 1.5, []string{"x", "y"}}, {"b", 20, nil}},
		"M":     map[string]int{"k": 5, "a": 1},
	})
	fmt.Println(err)
	_, err = template.New("bad").Parse("{{.X")
	fmt.Println(err)
	_, err = template.New("bad").Parse("{{nofunc}}")
	fmt.Println(err)
	err = template.Must(template.New("e").Parse("a{{.Nope}}")).Execute(os.Stdout, Item{})
	fmt.Println(err)
}
