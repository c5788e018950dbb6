// Tour is a walk through Go by way of a small simulated warehouse: orders come in, workers on several
// goroutines pick and pack them, a ledger keeps the books, and reports are printed at the end. Its output is
// the same in every run, whatever order the goroutines run in.
package main

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

func main() {
	shop := NewShop(
		Item{"anvil", 12_50, 3},
		Item{"rope", 2_25, 120},
		Item{"lantern", 7_99, 40},
		Item{"map", 1_10, 500},
		Item{"compass", 15_00, 12},
	)

	section("Stock")
	shop.PrintStock(os.Stdout)

	section("Orders")
	results := Process(shop, sampleOrders(), 4)
	summarise(results)

	section("Stock after")
	shop.PrintStock(os.Stdout)

	section("Shapes")
	shapes()

	section("Generics")
	generics()

	section("Iterators")
	iterators()

	section("Errors and recovery")
	failures()

	section("Pipelines")
	pipelines()

	section("Timers and select")
	timers()

	section("Text")
	text()
}

func section(title string) {
	fmt.Printf("\n== %s %s\n", title, strings.Repeat("=", 50-len(title)))
}

// ---- orders on several goroutines

func sampleOrders() []Order {
	var orders []Order
	names := []string{"rope", "lantern", "map", "anvil", "compass", "unicorn"}
	for i := range 30 {
		o := Order{ID: 100 + i, Customer: fmt.Sprintf("customer-%c", 'A'+i%5)}
		for j := 0; j <= i%3; j++ {
			o.Lines = append(o.Lines, Line{names[(i+2*j)%len(names)], 1 + (i*j)%4})
		}
		orders = append(orders, o)
	}
	return orders
}

func summarise(results []Result) {
	sort.Slice(results, func(i, j int) bool { return results[i].Order.ID < results[j].Order.ID })
	byCustomer := map[string]Cents{}
	failed := map[string]int{}
	var total Cents
	for _, r := range results {
		switch {
		case r.Err == nil:
			byCustomer[r.Order.Customer] += r.Total
			total += r.Total
		case errors.Is(r.Err, ErrUnknownItem):
			failed["unknown item"]++
		default:
			var short *ShortageError
			if errors.As(r.Err, &short) {
				failed["shortage of "+short.Item]++
			}
		}
	}
	for _, name := range SortedKeys(byCustomer) {
		fmt.Printf("%-12s %10v\n", name, byCustomer[name])
	}
	fmt.Printf("%-12s %10v\n", "total", total)
	for _, why := range SortedKeys(failed) {
		fmt.Printf("failed: %s (%d)\n", why, failed[why])
	}
	first := results[0]
	fmt.Printf("first: %+v -> %v, %v\n", first.Order, first.Total, first.Err)
}

// ---- interfaces and embedding

type Shape interface {
	Area() float64
	Perimeter() float64
}

type Rect struct{ W, H float64 }

func (r Rect) Area() float64      { return r.W * r.H }
func (r Rect) Perimeter() float64 { return 2 * (r.W + r.H) }

type Square struct{ Rect }

func NewSquare(a float64) Square { return Square{Rect{a, a}} }
func (s Square) String() string  { return fmt.Sprintf("square of %g", s.W) }

type Circle struct{ R float64 }

func (c *Circle) Area() float64      { return 3.14159 * c.R * c.R }
func (c *Circle) Perimeter() float64 { return 2 * 3.14159 * c.R }
func (c *Circle) Grow(by float64)    { c.R *= by }

type byArea []Shape

func (s byArea) Len() int           { return len(s) }
func (s byArea) Less(i, j int) bool { return s[i].Area() < s[j].Area() }
func (s byArea) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

func shapes() {
	c := &Circle{1}
	list := byArea{Rect{3, 4}, NewSquare(2), c, Rect{1, 1}}
	c.Grow(1.5)
	sort.Sort(list)
	for _, s := range list {
		kind := "?"
		switch v := s.(type) {
		case Rect:
			kind = fmt.Sprintf("%g x %g", v.W, v.H)
		case fmt.Stringer:
			kind = v.String()
		case *Circle:
			kind = fmt.Sprint("circle of ", v.R)
		}
		fmt.Printf("%-14s area %6.2f perimeter %6.2f %T\n", kind, s.Area(), s.Perimeter(), s)
	}
	grow := c.Grow
	grow(2)
	area := Shape.Area
	fmt.Printf("%.3f\n", area(c))
}

// ---- generic functions, types and methods

func generics() {
	squares := Map(Count(6), func(n int) int { return n * n })
	fmt.Println(squares, Sum(squares), Sum([]float64{0.5, 0.25}), Sum([]Cents{150, 275}))
	words := strings.Fields("the quick brown fox jumps over the lazy dog again and again")
	groups := GroupBy(words, func(w string) int { return len(w) })
	for _, n := range SortedKeys(groups) {
		fmt.Println(n, groups[n])
	}
	var heap Heap[string]
	for _, w := range words {
		heap.Push(w)
	}
	for range 4 {
		w, _ := heap.Pop()
		fmt.Print(w, " ")
	}
	fmt.Println(heap.Len())
	cache := NewCache[string, int](2)
	for _, k := range []string{"a", "b", "a", "c", "b"} {
		v := cache.Get(k, func() int { fmt.Print("(make ", k, ") "); return len(k) * 10 })
		fmt.Print(k, "=", v, " ")
	}
	fmt.Println()
	p := PairOf("answer", 42)
	fmt.Printf("%v %v %T\n", p, p.Swap(), p.Swap())
	fmt.Println(p.Then(func(s string, n int) string { return strings.Repeat(s[:1], n/10) }))
}

// ---- range over functions

func iterators() {
	var primes []int
	for n := range Primes() {
		if n > 40 {
			break
		}
		primes = append(primes, n)
	}
	fmt.Println(primes)
	fmt.Println(firstPair(100))
	tree := &Tree[string]{}
	for _, w := range strings.Fields("m d t a f p x b") {
		tree = tree.Insert(w)
	}
	for w := range tree.All() {
		fmt.Print(w, " ")
	}
	fmt.Println()
	for a, b := range Zip(tree.All(), Primes()) {
		if b > 7 {
			break
		}
		fmt.Print(a, b, " ")
	}
	fmt.Println()
}

// firstPair leaves two loops over functions at once.
func firstPair(sum int) (a, b int) {
	defer func() { a, b = min(a, b), max(a, b) }()
	for p := range Primes() {
		for q := range Primes() {
			if q > p {
				break
			}
			if p+q == sum {
				return p, q
			}
		}
	}
	return
}

// ---- defer, panic, recover

func failures() {
	for _, f := range []struct {
		name string
		run  func()
	}{
		{"nil map", func() { var m map[string]int; m["x"] = 1 }},
		{"index", func() { s := []int{1, 2, 3}; i := 5; fmt.Println(s[i]) }},
		{"nil pointer", func() { var c *Circle; c.Grow(2) }},
		{"division", func() { d := 0; fmt.Println(1 / d) }},
		{"assertion", func() { var s any = "text"; fmt.Println(s.(int)) }},
		{"own", func() { panic(&ShortageError{"rope", 5, 1}) }},
		{"fine", func() {}},
	} {
		err := Guard(f.run)
		var re interface{ RuntimeError() }
		fmt.Printf("%-12s %v (run-time: %v)\n", f.name, err, errors.As(err, &re))
	}
	fmt.Println(unwind(3))
	joined := errors.Join(ErrUnknownItem, fmt.Errorf("while packing: %w", &ShortageError{"map", 2, 0}))
	fmt.Printf("%q\n", joined.Error())
}

func unwind(depth int) (trace []string) {
	defer func() {
		if r := recover(); r != nil {
			trace = append(trace, fmt.Sprint("recovered ", r))
		}
	}()
	var down func(int)
	down = func(n int) {
		defer func() { trace = append(trace, fmt.Sprint("left ", n)) }()
		if n == 0 {
			panic("bottom")
		}
		down(n - 1)
	}
	down(depth)
	return
}

// ---- channels

func pipelines() {
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for i := range 20 {
			numbers <- i
		}
	}()
	var wg sync.WaitGroup
	squares := make(chan int, 3)
	for range 3 {
		wg.Go(func() {
			for n := range numbers {
				squares <- n * n
			}
		})
	}
	go func() { wg.Wait(); close(squares) }()
	var all []int
	for n := range squares {
		all = append(all, n)
	}
	sort.Ints(all)
	fmt.Println(len(all), all[:5], all[len(all)-1])

	// A sieve: one goroutine for each prime.
	source := make(chan int)
	quit := make(chan struct{})
	go func() {
		for i := 2; ; i++ {
			select {
			case source <- i:
			case <-quit:
				return
			}
		}
	}()
	ch := source
	for range 10 {
		prime := <-ch
		fmt.Print(prime, " ")
		next := make(chan int)
		go func(in <-chan int) {
			for {
				select {
				case n := <-in:
					if n%prime == 0 {
						continue
					}
					select {
					case next <- n:
					case <-quit:
						return
					}
				case <-quit:
					return
				}
			}
		}(ch)
		ch = next
	}
	close(quit)
	fmt.Println()
}

func timers() {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(50 * time.Millisecond)
	events := make(chan string, 1)
	time.AfterFunc(5*time.Millisecond, func() { events <- "alarm" })
	ticks := 0
	for done := false; !done; {
		select {
		case <-tick.C:
			ticks++
		case e := <-events:
			fmt.Println("event:", e)
		case <-deadline:
			done = true
		}
	}
	fmt.Println("ticked:", ticks > 2)
	start := time.Now()
	time.Sleep(2 * time.Millisecond)
	fmt.Println("slept:", time.Since(start) >= 2*time.Millisecond)
	var nothing chan int
	select {
	case <-nothing:
	default:
		fmt.Println("a nil channel is never ready")
	}
}

// ---- strings, formats, labels

func text() {
	var b strings.Builder
	for i, r := range "Grüße, 世界" {
		fmt.Fprintf(&b, "%d:%c ", i, r)
	}
	fmt.Println(b.String(), b.Len())
	fmt.Printf("|%5d|%-5d|%05d|%x|%X|%o|%b|%c|%q|%U|\n", 42, 42, 42, 255, 255, 8, 5, 'G', 'G', 'ü')
	fmt.Printf("|%8.3f|%-8.2f|%e|%g|%t|%v|%p|\n", 3.14159, 2.5, 123456.789, 1e21, true, nil, nil)
	fmt.Printf("%v %+v %#v %T\n", Line{"rope", 2}, Line{"rope", 2}, Line{"rope", 2}, Line{})
	fmt.Printf("%s %q %x %v %d\n", []string{"a", "b"}, []string{"c"}, "hex", []byte("hi"), []byte("hi"))
	fmt.Println(map[string][]int{"z": {1}, "a": {2, 3}}, [2]bool{true}, struct{}{}, 1+2i, 'x', uint8(200))
	grid := [4][8]byte{}
outer:
	for y := range grid {
		for x := range grid[y] {
			switch {
			case x > 2*y+1:
				grid[y][x] = '.'
			case x == 7:
				continue outer
			default:
				grid[y][x] = '#'
			}
		}
	}
	for _, row := range grid {
		fmt.Println(strings.TrimRight(string(row[:]), "\x00"))
	}
}
