// Two goroutines take the same two locks in opposite order: each holds what the other waits for.
// After the dining philosophers, with two at the table.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var fork, knife sync.Mutex
	ready := make(chan struct{})

	go func() {
		knife.Lock()
		ready <- struct{}{}
		fork.Lock()
		fmt.Println("never printed")
	}()
	fork.Lock()
	<-ready
	fmt.Println("one has the fork, the other the knife")
	knife.Lock()
	fmt.Println("never printed")
}
