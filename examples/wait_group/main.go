// Starts some goroutines and waits until all of them are done. Each writes its own slot, so that
// no lock is needed.
// After "WaitGroups" in Go by Example.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	reports := make([]string, 5)
	var wg sync.WaitGroup
	for i := range reports {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			time.Sleep(20 * time.Millisecond) // hard work
			reports[i] = fmt.Sprintf("worker %d is done", i+1)
		}()
	}
	wg.Wait()

	for _, report := range reports {
		fmt.Println(report)
	}
	fmt.Println("all are done")
}
