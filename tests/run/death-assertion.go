package main

var x any = "str"

func main() {
	println(x.(int))
}
