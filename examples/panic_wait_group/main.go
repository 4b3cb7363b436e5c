// One Done too many: the counter of a WaitGroup must not fall below zero.
// After a mistake that the documentation of Go's sync.WaitGroup warns of.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		fmt.Println("done once")
		wg.Done()
		fmt.Println("done twice")
		wg.Done()
		fmt.Println("never printed")
	}()
	select {} // waits for ever
}
