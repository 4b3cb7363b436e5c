// Two players hit a ball to and fro; the umpire announces each hit, and ends the game when none
// came for a while.
// After the ping-pong of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
package main

import (
	"fmt"
	"time"
)

type ball struct {
	hits int
}

func player(name string, in <-chan ball, out chan<- ball, umpire chan<- string) {
	for b := range in {
		b.hits++
		umpire <- fmt.Sprint(name, " ", b.hits)
		if b.hits == 7 {
			return // into the net: the ball does not come back
		}
		time.Sleep(10 * time.Millisecond)
		out <- b
	}
}

func main() {
	left := make(chan ball)
	right := make(chan ball)
	umpire := make(chan string)
	go player("ping", left, right, umpire)
	go player("pong", right, left, umpire)

	left <- ball{} // the game is on
	for {
		select {
		case hit := <-umpire:
			fmt.Println(hit)
		case <-time.After(200 * time.Millisecond):
			fmt.Println("timeout: the game is over")
			return
		}
	}
}
