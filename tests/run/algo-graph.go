package main

import (
	"container/heap"
	"container/list"
	"container/ring"
	"fmt"
	"sort"
)

type item struct {
	node string
	dist int
}
type pq []item

func (p pq) Len() int           { return len(p) }
func (p pq) Less(i, j int) bool { return p[i].dist < p[j].dist }
func (p pq) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *pq) Push(x any)        { *p = append(*p, x.(item)) }
func (p *pq) Pop() any {
	old := *p
	it := old[len(old)-1]
	*p = old[:len(old)-1]
	return it
}

type graph map[string]map[string]int

func (g graph) edge(a, b string, w int) {
	for _, e := range [][2]string{{a, b}, {b, a}} {
		if g[e[0]] == nil {
			g[e[0]] = map[string]int{}
		}
		g[e[0]][e[1]] = w
	}
}

func (g graph) dijkstra(from string) map[string]int {
	dist := map[string]int{}
	q := &pq{{from, 0}}
	for q.Len() > 0 {
		it := heap.Pop(q).(item)
		if _, done := dist[it.node]; done {
			continue
		}
		dist[it.node] = it.dist
		for to, w := range g[it.node] {
			heap.Push(q, item{to, it.dist + w})
		}
	}
	return dist
}

func (g graph) bfs(from string) (order []string) {
	seen := map[string]bool{from: true}
	l := list.New()
	l.PushBack(from)
	for l.Len() > 0 {
		n := l.Remove(l.Front()).(string)
		order = append(order, n)
		var next []string
		for to := range g[n] {
			next = append(next, to)
		}
		sort.Strings(next)
		for _, to := range next {
			if !seen[to] {
				seen[to] = true
				l.PushBack(to)
			}
		}
	}
	return
}

func main() {
	g := graph{}
	g.edge("a", "b", 7)
	g.edge("a", "c", 9)
	g.edge("a", "f", 14)
	g.edge("b", "c", 10)
	g.edge("b", "d", 15)
	g.edge("c", "d", 11)
	g.edge("c", "f", 2)
	g.edge("d", "e", 6)
	g.edge("e", "f", 9)
	fmt.Println(g.dijkstra("a"))
	fmt.Println(g.bfs("a"))
	r := ring.New(5)
	for i := range r.Len() {
		r.Value = i
		r = r.Next()
	}
	r.Unlink(2)
	r.Do(func(v any) { fmt.Print(v, " ") })
	fmt.Println()
}
