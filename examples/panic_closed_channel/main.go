// Only the sender may close a channel. Here the receiver does, and the sender, which nobody told,
// panics, and nobody recovers it.
// After the rule in "Range and Close" in A Tour of Go.
package main

import "fmt"

func count(numbers chan<- int) {
	for i := 1; ; i++ {
		numbers <- i
	}
}

func main() {
	numbers := make(chan int)
	go count(numbers)
	for i := 0; i < 3; i++ {
		fmt.Println(<-numbers)
	}

	fmt.Println("enough")
	close(numbers)
	select {} // waits for ever
}
