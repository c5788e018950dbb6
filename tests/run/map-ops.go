package main

import (
	"fmt"
	"maps"
	"slices"
)

type key struct {
	a int
	b string
}

func main() {
	m := map[string]int{"one": 1, "two": 2}
	m["three"] = 3
	v, ok := m["four"]
	fmt.Println(m, len(m), v, ok, m["one"])
	delete(m, "one")
	delete(m, "none")
	_, ok = m["one"]
	fmt.Println(m, ok)
	m["n"]++
	m["n"] += 5
	fmt.Println(m["n"])
	k := map[key][]int{}
	k[key{1, "a"}] = append(k[key{1, "a"}], 1, 2)
	k[key{1, "a"}][0] = 9
	fmt.Println(k)
	big := map[int]int{}
	for i := range 10000 {
		big[i*7] = i
	}
	sum := 0
	for k, v := range big {
		sum += k - 7*v + 1
	}
	fmt.Println(len(big), sum)
	for k := range big {
		if k%2 == 0 {
			delete(big, k)
		}
	}
	fmt.Println(len(big))
	clear(big)
	fmt.Println(len(big))
	keys := slices.Sorted(maps.Keys(m))
	fmt.Println(keys)
	var mm map[string]map[string]int
	fmt.Println(mm["a"]["b"], len(mm["x"]), mm == nil)
	ma := map[[2]int]string{{1, 2}: "x"}
	fmt.Println(ma[[2]int{1, 2}])
	mi := map[any]int{1: 1, "1": 2, 1.0: 3, [1]int{1}: 4}
	fmt.Println(mi[1], mi["1"], mi[1.0], mi[[1]int{1}], mi[int8(1)])
	mf := map[string]func() string{"f": func() string { return "called" }}
	fmt.Println(mf["f"]())
}
