// A select waits until it can send the next number or is told to quit, whichever comes first.
// After "Select" in A Tour of Go.
package main

import "fmt"

func fibonacci(numbers chan<- int64, quit <-chan struct{}) {
	x, y := int64(0), int64(1)
	for {
		select {
		case numbers <- x:
			x, y = y, x+y
		case <-quit:
			fmt.Println("quit")
			return
		}
	}
}

func main() {
	numbers := make(chan int64)
	quit := make(chan struct{})
	go func() {
		for i := 0; i < 10; i++ {
			fmt.Println(<-numbers)
		}
		quit <- struct{}{}
	}()
	fibonacci(numbers, quit)
}
