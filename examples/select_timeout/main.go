// Waits for an answer, but not for ever: a timeout is one more case of the select.
// After "Timeouts" in Go by Example.
package main

import (
	"fmt"
	"time"
)

// Answers after delay; the buffer lets it finish although nobody waits any longer.
func ask(question string, delay time.Duration) <-chan string {
	answer := make(chan string, 1)
	go func() {
		time.Sleep(delay)
		answer <- "answer to " + question
	}()
	return answer
}

func waitFor(answers <-chan string, patience time.Duration) {
	select {
	case answer := <-answers:
		fmt.Println(answer)
	case <-time.After(patience):
		fmt.Println("timeout")
	}
}

func main() {
	waitFor(ask("a slow question", 300*time.Millisecond), 100*time.Millisecond)
	waitFor(ask("a quick question", 100*time.Millisecond), 300*time.Millisecond)
}
