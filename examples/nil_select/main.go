// A nil channel is never ready, so a case of a select is switched off by setting its variable to
// nil. Of two channels with something to say, only the one that is switched on is heard.
// After the nil channels of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
package main

import "fmt"

func main() {
	cats := make(chan string, 1)
	dogs := make(chan string, 1)
	cats <- "meow"
	dogs <- "woof"

	for _, guest := range []string{"cat lover", "dog lover", "neither"} {
		var a, b chan string
		switch guest {
		case "cat lover":
			a = cats
		case "dog lover":
			b = dogs
		}
		select {
		case noise := <-a:
			fmt.Printf("%s hears the cat: %s\n", guest, noise)
		case noise := <-b:
			fmt.Printf("%s hears the dog: %s\n", guest, noise)
		default:
			fmt.Printf("%s hears nothing\n", guest)
		}
	}
}
