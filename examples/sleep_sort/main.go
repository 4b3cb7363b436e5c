// Sorts numbers by sleeping: a goroutine for each number sleeps as long as its number says, then
// speaks.
// After the joke that made the rounds in 2011.
package main

import (
	"fmt"
	"time"
)

func main() {
	sorted := make(chan int)
	for _, n := range []int{5, 2, 7, 1, 4} {
		n := n
		go func() {
			time.Sleep(time.Duration(n) * 50 * time.Millisecond)
			sorted <- n
		}()
	}
	for i := 0; i < 5; i++ {
		fmt.Println(<-sorted)
	}
}
