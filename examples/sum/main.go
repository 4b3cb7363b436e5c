// Adds up the two halves of a list in two goroutines, which answer over one channel.
// After "Channels" in A Tour of Go. Either half may answer first, so only the total is printed.
package main

import "fmt"

func sum(numbers []int, answer chan<- int) {
	total := 0
	for _, n := range numbers {
		total += n
	}
	answer <- total
}

func main() {
	numbers := []int{7, 2, 8, -9, 4, 0}
	half := len(numbers) / 2

	answer := make(chan int)
	go sum(numbers[:half], answer)
	go sum(numbers[half:], answer)

	x, y := <-answer, <-answer
	fmt.Printf("total: %d\n", x+y)
}
