// The sender closes the channel when there is nothing more to come; the receiver's loop then ends.
// After "Range and Close" in A Tour of Go and "Range over Channels" in Go by Example.
package main

import "fmt"

func fibonacci(count int, numbers chan int64) {
	x, y := int64(0), int64(1)
	for i := 0; i < count; i++ {
		numbers <- x
		x, y = y, x+y
	}
	close(numbers)
}

func main() {
	numbers := make(chan int64, 10)
	go fibonacci(15, numbers)
	for number := range numbers {
		fmt.Println(number)
	}
	fmt.Println("closed")
}
