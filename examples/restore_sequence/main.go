// Each message brings a channel along, on which its sender waits for leave to go on. So the
// listener keeps two talkers in step although they share one channel.
// After "Restoring sequencing" in Rob Pike's talk "Go Concurrency Patterns".
package main

import "fmt"

type message struct {
	text string
	goOn chan struct{}
}

func talk(name string, listener chan<- message) {
	goOn := make(chan struct{})
	for i := 1; ; i++ {
		listener <- message{fmt.Sprint(name, " ", i), goOn}
		<-goOn
	}
}

func main() {
	messages := make(chan message)
	go talk("Ann", messages)
	go talk("Joe", messages)
	for round := 1; round <= 5; round++ {
		a := <-messages
		b := <-messages
		if a.text > b.text {
			a, b = b, a // who came first varies
		}
		fmt.Printf("%s, %s\n", a.text, b.text)
		a.goOn <- struct{}{}
		b.goOn <- struct{}{}
	}
}
