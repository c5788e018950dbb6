// Method M of m/p's type T, and function M of package m/p.T, are two.
package main

import (
	"fmt"
	"m/p"
	pt "m/p.T"
	"reflect"
	"runtime"
)

func name(f any) string { return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name() }

func main() {
	fmt.Println(p.T{}.M(), pt.M())
	fmt.Println(p.V, pt.V)
	fmt.Println(name(p.T.M), name(pt.M))
	fmt.Printf("%T %s\n", pt.S{}, reflect.TypeOf(pt.S{}).PkgPath())
}
