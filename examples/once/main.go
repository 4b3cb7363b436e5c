// Ten goroutines need the settings at the same time; they are read once, by whoever comes first,
// and the others wait until they are there.
// After the example of Once in the documentation of Go's package sync.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func main() {
	var once sync.Once
	var value string
	settings := func() string {
		once.Do(func() {
			fmt.Println("reading the settings")
			value = "colour=blue"
		})
		return value
	}
	var right atomic.Int32
	var wg sync.WaitGroup
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if settings() == "colour=blue" {
				right.Add(1)
			}
		}()
	}
	wg.Wait()
	fmt.Printf("%d goroutines have them\n", right.Load())
}
