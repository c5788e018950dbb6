package main

import "fmt"

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

func main() {
	s := "hello"
	n, m, neg := 5, 9, -1
	try(func() { _ = s[n] })
	try(func() { _ = s[neg] })
	try(func() { _ = s[m:] })
	try(func() { _ = s[:m] })
	try(func() { _ = s[3:neg] })
	try(func() { _ = s[4 : 3+neg] })
	try(func() { fmt.Println(s[n:] == "") })
}
