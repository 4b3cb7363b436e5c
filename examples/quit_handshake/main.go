// Telling a goroutine to quit is not enough when it has something to put away first: it answers on
// the same channel when it is really done.
// After the round trip on quit of Rob Pike's talk "Go Concurrency Patterns".
package main

import "fmt"

func talker(quit chan string) <-chan int {
	words := make(chan int)
	go func() {
		for i := 1; ; i++ {
			select {
			case words <- i:
			case farewell := <-quit:
				fmt.Printf("told \"%s\" before word %d; putting things away\n", farewell, i)
				quit <- "see you"
				return
			}
		}
	}()
	return words
}

func main() {
	quit := make(chan string)
	words := talker(quit)
	for i := 0; i < 3; i++ {
		fmt.Printf("word %d\n", <-words)
	}
	quit <- "bye"
	fmt.Printf("answered \"%s\"\n", <-quit)
}
