package main

import "fmt"

func t(s string, b bool) bool { fmt.Print(s, " "); return b }

func main() {
	for _, a := range []bool{false, true} {
		for _, b := range []bool{false, true} {
			fmt.Println(a && b, a || b, !a, a == b, a != b, a && !b || !a && b)
		}
	}
	fmt.Println(t("a", false) && t("b", true) || t("c", true) && !t("d", false))
	fmt.Println((t("e", true) || t("f", true)) && t("g", false))
	x := t("h", true) && t("i", true)
	if !x || t("j", false) {
		fmt.Println("no")
	} else if y := 3; y > 2 && x {
		fmt.Println("else if", y)
	}
	type B bool
	var n B = 3 > 2
	fmt.Printf("%v %T\n", n && true, n)
	i := 5
	fmt.Println(1 < i && i < 10, i&1 == 1, i == 5 == true)
	var p *int
	if p != nil && *p > 0 {
		fmt.Println("never")
	}
	m := map[bool]string{true: "t", false: "f"}
	fmt.Println(m[i > 3], m[i < 3])
}
