// A channel is closed once. Two goroutines that both mean to say "I am done" by closing it are a
// mistake, which the second of them is told by a panic.
// After the rules for close in the specification of Go.
package main

import "fmt"

func main() {
	done := make(chan struct{})
	first := make(chan struct{})
	go func() {
		fmt.Println("the first is done")
		close(done)
		close(first)
	}()
	go func() {
		<-first
		fmt.Println("the second is done")
		close(done)
	}()
	select {} // waits for ever
}
