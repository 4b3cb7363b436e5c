// A goroutine turns a spinner while another thinks; each thought is one beat, so that the number of
// turns is the same in every run. Closing the channel of beats wipes the spinner away.
// After the spinner of "Fluent Python" and "The Go Programming Language".
package main

import "fmt"

func fibonacci(n int) int {
	if n < 2 {
		return n
	}
	return fibonacci(n-1) + fibonacci(n-2)
}

func spin(message string, beats <-chan struct{}, done chan<- struct{}) {
	turn := 0
	for range beats {
		fmt.Printf("\r%c %s", "|/-\\"[turn%4], message)
		turn++
	}
	fmt.Printf("\r%20s\r", "")
	done <- struct{}{}
}

func main() {
	beats := make(chan struct{})
	done := make(chan struct{})
	go spin("thinking", beats, done)

	answer := 0
	for n := 0; n <= 20; n++ {
		answer = fibonacci(n)
		beats <- struct{}{}
	}
	close(beats)
	<-done
	fmt.Printf("Answer: %d\n", answer)
}
