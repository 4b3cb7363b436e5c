// Two goroutines wait for each other, for ever. The runtime sees that nobody is left who could
// wake them, says where each waits, and ends the program with status 2.
// After the classic deadlock of every text on channels.
package main

import "fmt"

func main() {
	ask := make(chan int)
	answer := make(chan int)
	go func() {
		<-answer // "after you"
		ask <- 1
	}()
	fmt.Println("after you")
	<-ask // "no, after you"
	answer <- 1
	fmt.Println("never printed")
}
