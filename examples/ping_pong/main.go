// Two players share a table with one ball. Who has it may hit it, without any lock.
// After the ping-pong of Sameer Ajmani's talk "Advanced Go Concurrency Patterns"; the game ends
// after a number of hits instead of a second.
package main

import "fmt"

type ball struct {
	hits int
	last string
}

func play(name string, table chan *ball, net chan<- *ball) {
	for b := range table {
		b.hits++
		b.last = name
		if b.hits == 1001 {
			net <- b
		} else {
			table <- b
		}
	}
}

func main() {
	table := make(chan *ball)
	net := make(chan *ball)
	go play("ping", table, net)
	go play("pong", table, net)

	table <- new(ball) // the game is on
	b := <-net
	fmt.Printf("%d hits\n", b.hits)
	if b.last == "ping" || b.last == "pong" {
		fmt.Println("a player hit it last")
	} else {
		fmt.Println("nobody hit it")
	}
}
