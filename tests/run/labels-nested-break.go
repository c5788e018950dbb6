package main

import "fmt"

func f(n int) (trace []string) {
	add := func(s string, a ...any) { trace = append(trace, fmt.Sprintf(s, a...)) }
L1:
	for i := range n {
	L2:
		for j := range n {
			switch {
			case j == i:
				continue L2
			case i+j == 5:
				add("break L1 at %d,%d", i, j)
				break L1
			case j > i+1:
				continue L1
			default:
				select {
				default:
					if (i+j)%2 == 0 {
						break
					}
					add("%d,%d", i, j)
				}
			}
		}
		add("end %d", i)
	}
	return
}

func g(x any) string {
T:
	switch v := x.(type) {
	case int:
		for i := range 10 {
			if i == v {
				break T
			}
		}
		return "big"
	case string:
		if v == "" {
			break
		}
		return v
	}
	return "broken out"
}

func h(n int) int {
	i, sum := 0, 0
start:
	i++
	if i > n {
		goto end
	}
	for j := 0; ; j++ {
		if j > i {
			goto start
		}
		sum += j
	}
end:
	return sum
}

func main() {
	for _, s := range f(5) {
		fmt.Println(s)
	}
	fmt.Println(g(3), g(30), g(""), g("s"), g(nil))
	fmt.Println(h(0), h(3), h(10))
}
