// Two players at the table, and nobody brings a ball: the runtime sees that they would wait for
// ever.
// After the deadlock of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
package main

import "fmt"

func play(table chan int) {
	for hits := range table {
		table <- hits + 1
	}
}

func main() {
	table := make(chan int)
	go play(table)
	go play(table)
	fmt.Println("who has the ball?")
	fmt.Printf("%d hits\n", <-table)
}
