// os.Exit in any goroutine ends the whole program at once: no deferred function runs.
// After "Exit" in Go by Example.
package main

import (
	"fmt"
	"os"
)

func main() {
	defer fmt.Println("never printed")
	go func() {
		fmt.Println("leaving with 3")
		os.Exit(3)
	}()
	select {} // waits for ever
}
