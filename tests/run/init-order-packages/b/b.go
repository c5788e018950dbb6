package b

import (
	"fmt"
	"m/z"
)

func init() { fmt.Println("b", z.K()) }
