package main

func main() {
	m := map[int]int{}
	for range m {
	}
	var fn func(int)
	fn = func(n int) {
		if n > 0 {
			fn(n - 1)
			return
		}
		m[0]++
		panic(m)
	}
	fn(3)
}
