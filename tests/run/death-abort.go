package main

import (
	"os"
	"syscall"
	"time"
)

func main() {
	syscall.Kill(os.Getpid(), syscall.SIGPIPE)
	time.Sleep(10 * time.Millisecond)
	println("SIGPIPE by kill is ignored?")
	os.Exit(3)
}
