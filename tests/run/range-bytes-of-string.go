// range over []byte(s) walks over the string as it was.
package main

import (
	"fmt"
	"testing"
)

type text string

func get(s string) string { fmt.Print("get "); return s }

func main() {
	s := "héllo"
	for i, c := range []byte(s) {
		s = "changed"
		fmt.Print(i, ":", c, " ")
	}
	fmt.Println(s)
	for i := range []byte(get("abc")) {
		fmt.Print(i, " ")
	}
	for range ([]byte)(text("xy")) {
		fmt.Print("turn ")
	}
	for i, r := range []rune("né") {
		fmt.Print(i, string(r), " ")
	}
	for range []byte("") {
		fmt.Print("never")
	}
	total := 0
	fmt.Println(testing.AllocsPerRun(10, func() {
		for _, c := range []byte(s) {
			total += int(c)
		}
	}), total > 0)
}
