// Conversions of bytes to strings that only serve a comparison or a lookup need no copy; what they mean stays.
package main

import "fmt"

type name string
type octets []byte

func change(b []byte, c byte, give string) string {
	b[0] = c
	return give
}

func main() {
	b := []byte("abc")
	c := octets("abd")
	fmt.Println(string(b) == "abc", "abd" == string(c), string(b) == string(c), string(b) != string(c))
	fmt.Println(string(b) < string(c), string(c) <= "abd", name(b) == name(c), name(b) > "abb")
	fmt.Println((string(b)) == (string)(b[:3]), string(b[1:]) == string(c[1:]), string(b[:0]) == "", string([]byte(nil)) == "")

	// Calls come first, the conversion sees what they did.
	fmt.Println(string(b) == change(b, 'x', "abc"), string(b))
	fmt.Println(string(b) == change(b, 'a', "abc"), string(b))
	fmt.Println(change(b, 'y', "ybc") == string(b), string(b))

	m := map[string]int{"abc": 1, "abd": 2}
	k := map[name]int{"abd": 3}
	v, ok := m[string(c)]
	fmt.Println(m[string(c)], v, ok, k[name(c)], m[string(b)], m[string(b[1:])])
	_, ok = k[name(b)]
	fmt.Println(ok)

	// What is stored is a copy.
	m[string(b)] = 4
	m[string(c)]++
	b[0], c[0] = 'z', 'z'
	fmt.Println(m["ybc"], m["abd"], m["zbc"], m["zbd"], len(m))

	var e any = "zbc"
	fmt.Println(e == string(b), string(b) == e, e == any(string(c)))
	switch string(b) {
	case "abc":
		fmt.Println("no")
	case string(b):
		fmt.Println("same")
	}
	r := []rune("zbc")
	fmt.Println(string(r) == string(b), string(rune('z')) == string(b[:1]))
	for _, t := range []string{"zbc", "zb", "zbd"} {
		if s := string(b); s == t {
			b[0] = 'q'
			fmt.Println(s, t, string(b))
		}
	}
}
