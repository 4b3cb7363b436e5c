// When main returns the program is over, whoever still waits: goroutines are left where they are,
// and what they would have done at their end is not done.
// After the producers that leak in "Go Concurrency Patterns: Pipelines and cancellation".
package main

import "fmt"

func main() {
	numbers := make(chan int)
	for i := 0; i < 10; i++ {
		go func() {
			defer fmt.Println("never printed")
			for {
				numbers <- 7 // nobody receives the second
			}
		}()
	}
	fmt.Printf("received %d, and that is enough\n", <-numbers)
}
