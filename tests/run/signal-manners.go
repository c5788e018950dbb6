// Signals that a program doesn't ask for: some do nothing. Who asks for all of them still gets panics for faults.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type node struct{ next *node }

func main() {
	quiet := []syscall.Signal{
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGVTALRM,
		syscall.SIGIO, syscall.SIGPWR, syscall.SIGWINCH, syscall.SIGCHLD, syscall.SIGURG, syscall.SIGCONT, syscall.SIGPIPE, 40, 63,
	}
	for _, s := range quiet {
		syscall.Kill(os.Getpid(), s)
	}
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1, syscall.Signal(40))
	for _, s := range []syscall.Signal{syscall.SIGUSR1, 40} {
		syscall.Kill(os.Getpid(), s)
		fmt.Println(<-c)
	}
	signal.Reset()
	for _, s := range quiet {
		syscall.Kill(os.Getpid(), s)
	}
	fmt.Println("alive")
	signal.Notify(c)
	func() {
		defer func() { fmt.Println(recover()) }()
		var n *node
		fmt.Println(n.next)
	}()
	for len(c) > 0 {
		<-c
	}
	syscall.Kill(os.Getpid(), syscall.SIGHUP)
	for s := range c {
		if s == syscall.SIGHUP {
			fmt.Println(s)
			break
		}
	}
	signal.Reset(syscall.SIGHUP)
	go func() {
		time.Sleep(10 * time.Second)
		fmt.Println("survived")
	}()
	signal.Stop(c)
	r, _, e := syscall.AllThreadsSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	fmt.Println(int(r) == os.Getppid(), e)
}
