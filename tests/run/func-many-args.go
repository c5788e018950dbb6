package main

import "fmt"

type S struct {
	a, b int
	c    string
}

func many(a, b, c, d, e, f, g, h, i, j int, x, y, z float64, s string, sl []int, st S, fn func() int) (int, float64, string, []int, S, int) {
	return a + b + c + d + e + f + g + h + i*10 + j*100, x + y*z, s + "!", append(sl, j), S{st.b, st.a, st.c + s}, fn()
}

func floats(a, b, c, d, e, f, g, h, i, j float64) (float64, float64, float64, float64, float64, float64, float64, float64, float64) {
	return j, i, h, g, f, e, d, c, b + a
}

func variadic(pre string, xs ...any) string { return fmt.Sprint(pre, len(xs), xs) }

func pass(xs ...int) []int { xs[0] = 99; return xs }

func multi() (int, string, error) { return 1, "m", nil }
func take(n int, s string, e error) string {
	return fmt.Sprint(n, s, e)
}

func bytes8(a int8, b uint8, c int16, d uint16, e bool, f rune, g byte, h int32) (int8, uint8, int16, uint16, bool, rune, byte, int32) {
	return -a, ^b, -c, ^d, !e, f + 1, g >> 1, -h
}

func named(a, _ int, _ string) (x, _ int, z string) { x = a; z = "z"; return }

func main() {
	fmt.Println(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1.5, 2, 3, "s", []int{1}, S{1, 2, "c"}, func() int { return 77 }))
	fmt.Println(floats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
	fmt.Println(variadic("p"), variadic("p", 1, "a", nil), variadic("p", []any{1, 2}...), variadic("p", []int{1, 2}))
	s := []int{1, 2}
	fmt.Println(pass(s...), s, pass(5, 6))
	fmt.Println(take(multi()))
	fmt.Println(multi())
	fmt.Println(bytes8(-128, 1, 300, 2, true, 'a', 255, 7))
	fmt.Println(named(1, 2, "3"))
	var f func(int, ...int) int = func(a int, b ...int) int { return a + len(b) }
	fmt.Println(f(1), f(1, 2, 3))
}
