// Whispers a number through a chain of 100,000 goroutines, each of which adds one.
// After the daisy chain of Rob Pike's talk "Go Concurrency Patterns".
package main

import "fmt"

func whisper(left chan<- int, right <-chan int) {
	left <- 1 + <-right
}

func main() {
	leftmost := make(chan int)
	rightmost := leftmost
	for i := 0; i < 100_000; i++ {
		right := make(chan int)
		go whisper(rightmost, right)
		rightmost = right
	}
	rightmost <- 1
	fmt.Println(<-leftmost)
}
