package main

import "fmt"

type Life [][]bool

func (l Life) next() Life {
	h, w := len(l), len(l[0])
	out := make(Life, h)
	for y := range out {
		out[y] = make([]bool, w)
		for x := range out[y] {
			n := 0
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					if (dx != 0 || dy != 0) && l[(y+dy+h)%h][(x+dx+w)%w] {
						n++
					}
				}
			}
			out[y][x] = n == 3 || n == 2 && l[y][x]
		}
	}
	return out
}

func (l Life) String() (s string) {
	for _, row := range l {
		for _, c := range row {
			if c {
				s += "#"
			} else {
				s += "."
			}
		}
		s += "\n"
	}
	return
}

func main() {
	l := make(Life, 8)
	for i := range l {
		l[i] = make([]bool, 12)
	}
	for _, p := range [][2]int{{0, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}} {
		l[p[0]][p[1]] = true
	}
	for gen := range 5 {
		if gen%2 == 0 {
			fmt.Println(gen)
			fmt.Print(l)
		}
		l = l.next()
	}
}
