package main

import "fmt"

func main() {
	var nilS []int
	fmt.Println(nilS == nil, len(nilS), cap(nilS), append(nilS, 1), nilS[:0] == nil, nilS[0:0:0] == nil)
	s := []int{0, 1, 2, 3, 4, 5, 6, 7}
	t := s[2:5]
	fmt.Println(t, len(t), cap(t), t[:6], s[2:4:5], cap(s[2:4:5]))
	t = append(t, 99)
	fmt.Println(s)
	u := append(s[2:4:4], 77)
	fmt.Println(u, s)
	copy(s[1:], s)
	fmt.Println(s, copy(s, []int{}) == 0)
	b := make([]byte, 3, 10)
	fmt.Println(copy(b, "hello"), string(b), string(append(b, " world"...)))
	clear(s[:3])
	fmt.Println(s)
	two := [][]string{{"a"}, {"b", "c"}, nil}
	two[2] = append(two[2], "d", "e")
	two[0][0] = "z"
	fmt.Println(two, len(two[1]))
	idx := []string{3: "three", 1: "one", "two"}
	fmt.Printf("%q\n", idx)
	var arr [5]int
	sl := arr[1:3]
	sl[0] = 7
	sl = append(sl, 8)
	fmt.Println(arr, sl)
	for i := range sl {
		sl[i] *= 2
	}
	fmt.Println(arr)
}
