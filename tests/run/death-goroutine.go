package main

import "time"

func worker() {
	panic("in worker")
}

func main() {
	go worker()
	time.Sleep(time.Minute)
}
