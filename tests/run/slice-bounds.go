package main

import "fmt"

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

func main() {
	s := make([]int, 5, 8)
	var arr [5]int
	i, j, k, neg := 5, 9, 3, -1
	try(func() { _ = s[i] })
	try(func() { s[neg] = 1 })
	try(func() { _ = s[:j] })
	try(func() { _ = s[j:] })
	try(func() { _ = s[6:] })
	try(func() { _ = s[k:2] })
	try(func() { _ = s[neg:] })
	try(func() { _ = s[:2:j] })
	try(func() { _ = arr[j] })
	try(func() { _ = arr[:j] })
	try(func() { _ = arr[k:2] })
	try(func() { _ = arr[:2:j] })
	try(func() { _ = s[: i+2 : 6] })
	try(func() { _ = s[i+2 : 6 : 8] })
	try(func() { _ = s[:2:neg] })
	try(func() { _ = s[:neg:3] })
	try(func() { _ = s[neg:1:3] })
	p := &arr
	try(func() { p[j] = 1 })
	try(func() { _ = p[j:] })
	var u8 uint8 = 250
	try(func() { _ = s[u8] })
}
