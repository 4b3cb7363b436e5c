// Serves requests no faster than a ticker allows, then lets a short burst through before the rate
// applies again.
// After "Rate Limiting" in Go by Example; request numbers are printed instead of times.
package main

import (
	"fmt"
	"time"
)

const beat = 30 * time.Millisecond

func fiveRequests() <-chan int {
	requests := make(chan int, 5)
	for i := 1; i <= 5; i++ {
		requests <- i
	}
	close(requests)
	return requests
}

func report(start time.Time, least time.Duration) {
	if time.Since(start) >= least {
		fmt.Println("the rate was kept")
	} else {
		fmt.Println("too fast")
	}
}

func main() {
	start := time.Now()
	limiter := time.Tick(beat)
	for request := range fiveRequests() {
		<-limiter
		fmt.Printf("request %d\n", request)
	}
	report(start, 5*beat)

	// Three tokens are there from the beginning, and each tick adds one.
	tokens := make(chan struct{}, 3)
	for i := 0; i < 3; i++ {
		tokens <- struct{}{}
	}
	start = time.Now()
	refill := time.Tick(beat)
	go func() {
		for range refill {
			tokens <- struct{}{}
		}
	}()
	for request := range fiveRequests() {
		<-tokens
		fmt.Printf("bursty request %d\n", request)
	}
	report(start, 2*beat)
}
