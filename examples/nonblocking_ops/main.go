// Tries to receive and to send without waiting: a select with a default.
// After "Non-Blocking Channel Operations" in Go by Example.
package main

import "fmt"

func look(messages <-chan string) {
	select {
	case message := <-messages:
		fmt.Printf("received \"%s\"\n", message)
	default:
		fmt.Println("nothing to receive")
	}
}

func offer(messages chan<- string, message string) {
	select {
	case messages <- message:
		fmt.Printf("sent \"%s\"\n", message)
	default:
		fmt.Println("nobody takes it")
	}
}

func main() {
	unbuffered := make(chan string)
	look(unbuffered)
	offer(unbuffered, "hi")

	buffered := make(chan string, 1)
	look(buffered)
	offer(buffered, "hello")
	offer(buffered, "hello again")
	look(buffered)
	look(buffered)

	var none chan string // is never ready
	look(none)
	offer(none, "anybody there?")
}
