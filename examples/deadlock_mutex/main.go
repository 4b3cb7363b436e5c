// Two goroutines take the same two locks in opposite order: each holds what the other waits for.
// After the dining philosophers, with two at the table.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var spoon, knife sync.Mutex
	ready := make(chan struct{})

	go func() {
		knife.Lock()
		ready <- struct{}{}
		spoon.Lock()
		fmt.Println("never printed")
	}()
	spoon.Lock()
	<-ready
	fmt.Println("one has the spoon, the other the knife")
	knife.Lock()
	fmt.Println("never printed")
}
