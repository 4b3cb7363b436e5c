// A timeout inside the loop starts anew with each message: the conversation may be long, but no
// pause in it.
// After the timeout per message of Rob Pike's talk "Go Concurrency Patterns".
package main

import (
	"fmt"
	"time"
)

func talker() <-chan int {
	words := make(chan int)
	go func() {
		for i := 1; ; i++ {
			pause := 20 * time.Millisecond
			if i >= 5 {
				pause = time.Hour // the fifth word does not come
			}
			time.Sleep(pause)
			words <- i
		}
	}()
	return words
}

func main() {
	words := talker()
	for {
		select {
		case word := <-words:
			fmt.Printf("word %d\n", word)
		case <-time.After(200 * time.Millisecond):
			fmt.Println("you are too slow")
			return
		}
	}
}
