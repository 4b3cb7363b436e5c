// A select waits for two channels at once, and takes what comes first.
// After "Select" in Go by Example.
package main

import (
	"fmt"
	"time"
)

func letter(text string, delay time.Duration) <-chan string {
	post := make(chan string)
	go func() {
		time.Sleep(delay)
		post <- text
	}()
	return post
}

func main() {
	fromFar := letter("a letter from far away", 150*time.Millisecond)
	fromNear := letter("a letter from next door", 50*time.Millisecond)
	for i := 0; i < 2; i++ {
		select {
		case text := <-fromFar:
			fmt.Printf("far: %s\n", text)
		case text := <-fromNear:
			fmt.Printf("near: %s\n", text)
		}
	}
}
