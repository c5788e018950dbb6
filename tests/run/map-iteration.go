package main

import "fmt"

func main() {
	m := map[int]int{}
	for i := range 100 {
		m[i] = i
	}
	seen := map[int]int{}
	for k := range m {
		seen[k]++
		delete(m, (k+1)%100)
		if k < 50 {
			m[1000+k] = 1
		}
	}
	max := 0
	for _, n := range seen {
		if n > max {
			max = n
		}
	}
	fmt.Println(max)
	// The start is random.
	starts := map[int]bool{}
	small := map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true}
	for range 200 {
		for k := range small {
			starts[k] = true
			break
		}
	}
	fmt.Println(len(starts) > 1)
	n := 0
	for range small {
		n++
	}
	fmt.Println(n)
	grow := map[int]int{0: 0}
	count := 0
	for k := range grow {
		if count++; count < 5000 {
			grow[k+count*7] = 1
		}
	}
	fmt.Println(count == len(grow) || count <= len(grow))
}
