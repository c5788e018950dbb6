package main

import "fmt"

func bad(p *int) (bad bool, err any) {
	defer func() { err = recover() }()
	bad, _ = true, *p
	return
}

func good(p *int) (n int, err any) {
	defer func() { err = recover() }()
	n = 1
	n = *p
	n = 3
	return
}

func loop() (x int) {
	for i := 0; ; i++ {
		defer func() {
			recover()
			x += 1
		}()
		if i == 3 {
			x = 10
			panic(1)
		}
	}
}

func main() {
	fmt.Println(bad(nil))
	fmt.Println(good(nil))
	fmt.Println(loop())
}
