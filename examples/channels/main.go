// A channel takes a value from one goroutine to another. Without a buffer, the sender waits until
// the receiver is there, and the other way round.
// After "Channels" in Go by Example.
package main

import "fmt"

func main() {
	messages := make(chan string)
	go func() { messages <- "a message from a goroutine" }()

	message := <-messages
	fmt.Println(message)
}
