// A channel with a buffer takes values although nobody receives yet, and gives them back in order.
// After "Buffered Channels" in A Tour of Go and "Channel Buffering" in Go by Example.
package main

import "fmt"

func main() {
	c := make(chan string, 2)
	c <- "first"
	c <- "second"
	fmt.Printf("%d of %d places taken\n", len(c), cap(c))

	fmt.Printf("%s\n", <-c)
	fmt.Printf("%s\n", <-c)
	fmt.Printf("%d of %d places taken\n", len(c), cap(c))
}
