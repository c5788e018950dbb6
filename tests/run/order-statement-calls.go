package main

import "fmt"

var trace []string

func t(s string) int { trace = append(trace, s); return len(trace) }

func flush() { fmt.Println(trace); trace = nil }

type R struct{}

func (R) add(n int) R { return R{} }

func r(s string) R { t(s); return R{} }

func main() {
	_ = t("a") + t("b")*t("c")
	flush()
	r("r").add(t("1")).add(t("2"))
	flush()
	x := map[int]int{}
	x[t("key")] = t("value")
	flush()
	c := make(chan int, 2)
	get := func() chan int { t("chan"); return c }
	get() <- t("val")
	flush()
	_ = t("l") > 0 || t("r") > 0
	_ = t("l2") > 100 && t("r2") > 0
	flush()
	var arr [3][3]int
	arr[t("i")-1][t("j")-1] = t("v")
	flush()
	func(a, b, c int) {}(t("x"), t("y"), t("z"))
	flush()
	go func(int) {}(t("go"))
	defer func(int) {}(t("defer"))
	flush()
	y, ok := x[t("ok")]
	_, _ = y, ok
	flush()
}
