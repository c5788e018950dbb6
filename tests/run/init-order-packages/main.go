// Packages are initialised in the order of their paths, as soon as what they import is. Package z has nothing to
// initialise: b, which imports it, does not wait for c.
package main

import (
	_ "m/b"
	_ "m/c"
)

func main() {}
