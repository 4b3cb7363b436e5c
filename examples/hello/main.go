// Starts a goroutine: two voices speak at the same time.
// After "Goroutines" in A Tour of Go; here one voice starts half a beat late, so that the order is
// the same in every run.
package main

import (
	"fmt"
	"time"
)

func say(word string) {
	for i := 0; i < 3; i++ {
		time.Sleep(120 * time.Millisecond)
		fmt.Println(word)
	}
}

func main() {
	go say("hello")
	time.Sleep(60 * time.Millisecond)
	say("world")
}
