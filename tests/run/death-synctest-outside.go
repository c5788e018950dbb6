// A bubble's channel is not for goroutines outside of it.
package main

import (
	"fmt"
	"testing"
	"testing/synctest"
)

func main() {
	tests := []testing.InternalTest{{Name: "outside", F: func(t *testing.T) {
		var c chan int
		synctest.Test(t, func(t *testing.T) { c = make(chan int, 1) })
		fmt.Println("closing")
		close(c)
	}}}
	testing.Main(func(string, string) (bool, error) { return true, nil }, tests, nil, nil)
}
