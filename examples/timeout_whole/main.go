// A timer made before the loop limits the whole conversation: each word comes in time, and still
// there is an end.
// After the timeout for the whole conversation of Rob Pike's talk "Go Concurrency Patterns"; how
// many words are heard varies, and is not printed.
package main

import (
	"fmt"
	"time"
)

func talker() <-chan int {
	words := make(chan int)
	go func() {
		for i := 1; ; i++ {
			words <- i
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return words
}

func main() {
	words := talker()
	enough := time.After(100 * time.Millisecond)
	heard := 0
	inOrder := true
	for {
		select {
		case word := <-words:
			heard++
			inOrder = inOrder && word == heard
		case <-enough:
			if heard > 0 && inOrder {
				fmt.Println("some words, in order")
			} else {
				fmt.Println("not what was said")
			}
			fmt.Println("you talk too much")
			return
		}
	}
}
