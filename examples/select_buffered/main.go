// A select over two buffered channels: numbers until somebody says quit. What lies in the first
// buffer when that happens is not lost, it is received afterwards.
// After demo_select_buffered of the Python package offset.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	numbers := make(chan int, 5)
	quit := make(chan struct{}, 1)
	ended := make(chan struct{})
	go func() {
		next := 0
		for {
			select {
			case numbers <- next:
				next++
			case <-quit:
				fmt.Printf("told to quit; %d numbers were sent\n", next)
				close(numbers)
				close(ended)
				return
			}
		}
	}()
	for i := 0; i < 5; i++ {
		fmt.Println(<-numbers)
	}
	for len(numbers) < cap(numbers) {
		runtime.Gosched()
	}
	quit <- struct{}{}
	<-ended
	for number := range numbers {
		fmt.Printf("left over: %d\n", number)
	}
}
