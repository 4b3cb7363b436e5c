// Every goroutine starts ten, and those ten each, down to 100,000 leaves; the numbers of the leaves
// are added up on the way back.
// After the skynet benchmark, with a tenth of its leaves.
package main

import "fmt"

func node(first, leaves int64, parent chan<- int64) {
	if leaves == 1 {
		parent <- first
		return
	}
	children := make(chan int64, 10)
	for i := int64(0); i < 10; i++ {
		go node(first+i*leaves/10, leaves/10, children)
	}
	sum := int64(0)
	for i := 0; i < 10; i++ {
		sum += <-children
	}
	parent <- sum
}

func main() {
	answer := make(chan int64)
	go node(0, 100_000, answer)
	fmt.Println(<-answer)
}
