// To wait for one goroutine, receive from a channel on which it sends when it is done. A
// chan struct{} carries no value, only the news.
// After "Channel Synchronization" in Go by Example.
package main

import (
	"fmt"
	"time"
)

func work(done chan<- struct{}) {
	fmt.Println("working")
	time.Sleep(50 * time.Millisecond)
	fmt.Println("done")
	done <- struct{}{}
}

func main() {
	done := make(chan struct{}, 1)
	go work(done)
	<-done // without this, main would return before the work had begun
	fmt.Println("everybody can go home")
}
