// The program's own changes of GODEBUG count for the runtime, too.
package main

import (
	"fmt"
	"os"
)

func try() {
	defer func() { fmt.Printf("%T\n", recover()) }()
	panic(nil)
}

func main() {
	try()
	os.Setenv("GODEBUG", "panicnil=1")
	try()
	os.Setenv("GODEBUG", "panicnil=0")
	try()
	os.Setenv("GODEBUG", "panicnil=1")
	os.Clearenv()
	try()
}
