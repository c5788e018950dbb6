package main

import "log"

func main() {
	log.SetFlags(0)
	log.Print("note")
	log.Fatalf("fatal %d", 7)
}
