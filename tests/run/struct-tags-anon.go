package main

import (
	"encoding/json"
	"fmt"
)

func main() {
	var cfg struct {
		Name string
		Opts []struct {
			Key string `json:"k"`
			Val *int   `json:"v,omitempty"`
		} `json:"options"`
		Nested map[string]struct{ A, B int }
	}
	err := json.Unmarshal([]byte(`{"Name":"n","options":[{"k":"a","v":5},{"k":"b"}],"Nested":{"x":{"A":1}}}`), &cfg)
	fmt.Println(err, cfg.Name, *cfg.Opts[0].Val, cfg.Opts[1].Val == nil, cfg.Nested)
	tests := []struct {
		in   string
		want int
	}{{"a", 1}, {"bb", 2}, {"", 0}}
	for _, tt := range tests {
		if got := len(tt.in); got != tt.want {
			fmt.Println("bad")
		}
	}
	x := struct{ a, b any }{1, struct{ c []int }{[]int{1}}}
	fmt.Printf("%v %+v %T\n", x, x, x)
	type pt struct{ X, Y int }
	y := pt(struct{ X, Y int }{1, 2})
	m := map[pt]string{{1, 2}: "found"}
	fmt.Println(m[y])
	arr := [...]struct {
		n int
		f func(int) int
	}{{1, func(i int) int { return i + 1 }}, {2, nil}}
	fmt.Println(arr[0].f(arr[1].n), arr[1].f == nil)
	pts := []*pt{{1, 2}, {3, 4}}
	mp := map[string]*pt{"a": {5, 6}}
	nested := [][]pt{{{1, 1}}, {}}
	fmt.Println(*pts[1], *mp["a"], nested)
}
