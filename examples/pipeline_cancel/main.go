// Whoever reads a pipeline may stop early. Closing done tells every stage, however many there are,
// and a deferred call does it on every way out; then all of them really end.
// After explicit cancellation in the Go blog's "Pipelines and cancellation".
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Counts the stages that are alive, so that we can see them end.
var stages sync.WaitGroup
var ended atomic.Int32

func numbers(done <-chan struct{}) <-chan int {
	out := make(chan int)
	stages.Add(1)
	go func() {
		defer stages.Done()
		defer ended.Add(1)
		defer close(out)
		for n := 1; ; n++ {
			select {
			case out <- n:
			case <-done:
				return
			}
		}
	}()
	return out
}

func square(done <-chan struct{}, in <-chan int) <-chan int {
	out := make(chan int)
	stages.Add(1)
	go func() {
		defer stages.Done()
		defer ended.Add(1)
		defer close(out)
		for n := range in {
			select {
			case out <- n * n:
			case <-done:
				return
			}
		}
	}()
	return out
}

func firstSquareAbove(limit int) int {
	done := make(chan struct{})
	defer close(done)
	for n := range square(done, numbers(done)) {
		if n > limit {
			return n
		}
	}
	return 0
}

func main() {
	for _, limit := range []int{10, 1000} {
		fmt.Printf("above %d: %d\n", limit, firstSquareAbove(limit))
	}
	stages.Wait()
	fmt.Printf("%d stages ended\n", ended.Load())
}
