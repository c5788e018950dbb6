package main

import (
	"fmt"
	"slices"
	"sort"
)

type person struct {
	name string
	age  int
}

func main() {
	ps := []person{{"Ann", 31}, {"Bob", 25}, {"Cy", 40}, {"Di", 25}}
	for _, p := range ps {
		p.age++
	}
	for i := range ps {
		ps[i].age++
	}
	fmt.Println(ps)
	sort.Slice(ps, func(i, j int) bool { return ps[i].age < ps[j].age })
	slices.SortStableFunc(ps, func(a, b person) int { return a.age - b.age })
	fmt.Println(ps)
	q := &ps[0]
	ps = append(ps, person{"Ed", 1})
	q.age = 1000
	fmt.Println(ps[0].age == 1000, q.age)
	i := slices.IndexFunc(ps, func(p person) bool { return p.name == "Cy" })
	fmt.Println(i, slices.Contains(ps, person{"Ed", 1}))
	ps = slices.Delete(ps, 1, 3)
	fmt.Println(len(ps), slices.Max([]int{3, 9, 2}))
}
