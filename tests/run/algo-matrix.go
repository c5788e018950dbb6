package main

import "fmt"

type Matrix [][]float64

func New(r, c int) Matrix {
	m := make(Matrix, r)
	cells := make([]float64, r*c)
	for i := range m {
		m[i] = cells[i*c : (i+1)*c : (i+1)*c]
	}
	return m
}

func (m Matrix) Mul(n Matrix) Matrix {
	out := New(len(m), len(n[0]))
	for i := range m {
		for j := range n[0] {
			for k := range n {
				out[i][j] += m[i][k] * n[k][j]
			}
		}
	}
	return out
}

func det(m Matrix) float64 {
	if len(m) == 1 {
		return m[0][0]
	}
	sum, sign := 0.0, 1.0
	for c := range m {
		minor := New(len(m)-1, len(m)-1)
		for i := 1; i < len(m); i++ {
			copy(minor[i-1], m[i][:c])
			copy(minor[i-1][c:], m[i][c+1:])
		}
		sum += sign * m[0][c] * det(minor)
		sign = -sign
	}
	return sum
}

func main() {
	a := New(3, 3)
	for i := range a {
		for j := range a[i] {
			a[i][j] = float64((i*3+j*2)%5) + 1
		}
	}
	id := New(3, 3)
	for i := range id {
		id[i][i] = 1
	}
	fmt.Println(a, a.Mul(id), a.Mul(a))
	fmt.Println(det(a), det(id), det(a.Mul(a)))
	var grid [5][7]int
	for y := range grid {
		for x := range grid[y] {
			grid[y][x] = y * x
		}
	}
	t := [7][5]int{}
	for y, row := range grid {
		for x, v := range row {
			t[x][y] = v
		}
	}
	fmt.Println(t)
}
