// Moves and clears of long ranges: every alignment of both ends and of the length, and overlapping ones, around the lengths at which
// another way begins.
package main

import "fmt"

const n = 2200

var from, to, want [2*n + 64]byte

func fill(b []byte, seed byte) {
	for i := range b {
		seed = seed*37 + 11
		b[i] = seed
	}
}

// move is what copy should do, byte by byte.
func move(b []byte, dst, src, length int) {
	tmp := make([]byte, length)
	for i := range tmp {
		tmp[i] = b[src+i]
	}
	for i, v := range tmp {
		b[dst+i] = v
	}
}

func main() {
	wrong := 0
	check := func(what string, a ...int) {
		if to != want {
			if wrong++; wrong < 5 {
				fmt.Println(what, a)
			}
		}
	}
	for _, length := range []int{1016, 1023, 1024, 1025, 1032, 2040, 2047, 2048, 2049, 2052, 2056, 2104, 2113} {
		for a := range 9 {
			for b := range 9 {
				fill(from[:], 3)
				fill(to[:], 99)
				want = to
				for i := range length {
					want[16+a+i] = from[16+b+i]
				}
				copy(to[16+a:16+a+length], from[16+b:16+b+length])
				check("copy", length, a, b)
				for _, distance := range []int{8, 16, 64, 100, 1024} {
					want = to
					move(want[:], a, b+distance, length)
					copy(to[a:a+length], to[b+distance:b+distance+length])
					check("down", length, a, b, distance)
					move(want[:], b+distance, a, length)
					copy(to[b+distance:b+distance+length], to[a:a+length])
					check("up", length, a, b, distance)
				}
			}
			want = to
			for i := range length {
				want[a+i] = 0
			}
			clear(to[a : a+length])
			check("clear", length, a)
		}
	}
	fmt.Println(wrong, "are wrong")

	// Pointers: a reader sees old or new ones, never parts of both.
	type pair struct{ p *int }
	one, two := new(int), new(int)
	var x, ones, twos [600]pair
	for i := range ones {
		ones[i].p, twos[i].p = one, two
	}
	for range 1000 {
		x = ones
		for i := range x {
			if x[i].p != one {
				fmt.Println("not one", i)
			}
		}
		x = twos
		x = [600]pair{}
	}
	fmt.Println(x[0].p == nil && x[599].p == nil)
}
