// A function that starts a goroutine and returns the channel on which it speaks: a service. Several
// of them run at the same time, and here they take turns, because their listener does.
// After the generator of Rob Pike's talk "Go Concurrency Patterns".
package main

import "fmt"

func talker(name string) <-chan string {
	lines := make(chan string)
	go func() {
		for i := 1; ; i++ {
			lines <- fmt.Sprint(name, " says ", i)
		}
	}()
	return lines
}

func main() {
	joe := talker("Joe")
	ann := talker("Ann")
	for i := 0; i < 4; i++ {
		fmt.Println(<-joe)
		fmt.Println(<-ann)
	}
	fmt.Println("I have heard enough")
}
