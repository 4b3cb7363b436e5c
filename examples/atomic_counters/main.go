// Fifty goroutines count on one atomic.
// After "Atomic Counters" in Go by Example.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var operations atomic.Int32
	var wg sync.WaitGroup
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := 0; n < 1000; n++ {
				operations.Add(1)
			}
		}()
	}
	wg.Wait()
	fmt.Printf("operations: %d\n", operations.Load())
}
