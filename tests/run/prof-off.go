// A program that cannot read the heap profile is not sampled.
package main

import (
	"fmt"
	"runtime"
)

func main() { fmt.Println(runtime.MemProfileRate) }
