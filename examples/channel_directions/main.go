// A function says in its signature whether it only sends to a channel or only receives from it;
// the compiler rejects the rest.
// After "Channel Directions" in Go by Example.
package main

import "fmt"

func writeLetter(post chan<- string, text string) { post <- text }

func deliver(post <-chan string, door chan<- string) {
	door <- "delivered: " + <-post
}

func main() {
	post := make(chan string, 1)
	door := make(chan string, 1)
	writeLetter(post, "a letter") // a chan converts to either direction by itself
	deliver(post, door)
	fmt.Println(<-door)
}
