package main

import (
	"fmt"
	"math"
)

func main() {
	nan := math.NaN()
	m := map[float64]int{}
	m[nan] = 1
	m[nan] = 2
	m[0] = 3
	m[math.Copysign(0, -1)] = 4
	_, ok := m[nan]
	fmt.Println(len(m), ok, m[0])
	delete(m, nan)
	fmt.Println(len(m))
	for k := range m {
		if k == 0 {
			fmt.Println(1 / k)
		}
	}
	clear(m)
	fmt.Println(len(m))
	mi := map[any]int{nan: 1}
	mi[nan]++
	fmt.Println(len(mi))
	for k := range mi {
		delete(mi, k)
	}
	fmt.Println(len(mi))
}
