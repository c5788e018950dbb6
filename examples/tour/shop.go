package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// Cents is an amount of money.
type Cents int64

func (c Cents) String() string { return fmt.Sprintf("$%d.%02d", int64(c)/100, int64(c)%100) }

// Item is a kind of thing that is on stock.
type Item struct {
	Name  string
	Price Cents
	Count int
}

// Line asks for some of an item.
type Line struct {
	Item string
	N    int
}

// Order is what a customer wants.
type Order struct {
	ID       int
	Customer string
	Lines    []Line
}

// Result is what became of an order.
type Result struct {
	Order Order
	Total Cents
	Err   error
}

// ErrUnknownItem says that there never was such an item.
var ErrUnknownItem = errors.New("unknown item")

// ShortageError says that there isn't enough of an item.
type ShortageError struct {
	Item       string
	Want, Have int
}

func (e *ShortageError) Error() string {
	return fmt.Sprintf("shortage of %s: want %d, have %d", e.Item, e.Want, e.Have)
}

// Shop holds the stock; its methods may be called by several goroutines.
type Shop struct {
	mu    sync.Mutex
	stock map[string]*Item
}

// NewShop fills a shop.
func NewShop(items ...Item) *Shop {
	s := &Shop{stock: make(map[string]*Item)}
	for _, it := range items {
		s.stock[it.Name] = &it
	}
	return s
}

// Price adds up an order, without taking anything.
func (s *Shop) Price(o Order) (total Cents, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range o.Lines {
		it, ok := s.stock[l.Item]
		if !ok {
			return 0, fmt.Errorf("order %d: %w: %s", o.ID, ErrUnknownItem, l.Item)
		}
		total += it.Price * Cents(l.N)
	}
	return total, nil
}

// Take removes what an order asks for, all of it or nothing.
func (s *Shop) Take(o Order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	need := map[*Item]int{}
	for _, l := range o.Lines {
		it := s.stock[l.Item]
		need[it] += l.N
		if need[it] > it.Count {
			return &ShortageError{it.Name, need[it], it.Count}
		}
	}
	for it, n := range need {
		it.Count -= n
	}
	return nil
}

// PrintStock lists all items by name.
func (s *Shop) PrintStock(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range SortedKeys(s.stock) {
		it := s.stock[name]
		fmt.Fprintf(w, "%-10s %4d x %8v\n", it.Name, it.Count, it.Price)
	}
}

// Process prices orders on several goroutines, and then takes them in the order of their numbers, so that who
// gets the last anvil doesn't depend on who was faster.
func Process(shop *Shop, orders []Order, workers int) []Result {
	in := make(chan Order)
	priced := make(chan Result)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for o := range in {
				total, err := shop.Price(o)
				priced <- Result{o, total, err}
			}
		})
	}
	go func() {
		for _, o := range orders {
			in <- o
		}
		close(in)
		wg.Wait()
		close(priced)
	}()
	waiting := map[int]Result{}
	next := orders[0].ID
	var done []Result
	for r := range priced {
		waiting[r.Order.ID] = r
		for {
			r, ok := waiting[next]
			if !ok {
				break
			}
			delete(waiting, next)
			next++
			if r.Err == nil {
				r.Err = shop.Take(r.Order)
			}
			done = append(done, r)
		}
	}
	return done
}

// Guard calls a function and gives what it panicked with, as an error.
func Guard(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("guarded: %w", r)
		default:
			err = fmt.Errorf("guarded: %v", r)
		}
	}()
	f()
	return nil
}
