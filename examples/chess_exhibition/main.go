// A master plays 24 opponents, 30 pairs of moves each; she needs 5 seconds for a move, they need
// 55. One game after the other takes 12 hours; going from board to board, she is back at the first
// when the opponent has just moved, and it takes one hour. The clock is a number that is passed
// along with each move.
// After Miguel Grinberg's talk "Asynchronous Python for the Complete Beginner".
package main

import "fmt"

const (
	opponents = 24
	pairs     = 30
	herTime   = 5
	theirTime = 55
)

type board struct {
	herMove   chan int // when she moved
	theirMove chan int // when they answered
}

func play(b board) {
	for moved := range b.herMove {
		b.theirMove <- moved + theirTime
	}
}

func setUp() []board {
	boards := make([]board, opponents)
	for i := range boards {
		boards[i] = board{make(chan int), make(chan int)}
		go play(boards[i])
	}
	return boards
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

func oneAfterTheOther() int {
	now := 0
	for _, b := range setUp() {
		for move := 0; move < pairs; move++ {
			b.herMove <- now + herTime
			now = <-b.theirMove
		}
	}
	return now
}

func fromBoardToBoard() (master, all int) {
	boards := setUp()
	answered := make([]int, opponents)
	now := 0
	for move := 0; move < pairs; move++ {
		for i, b := range boards {
			now = max(now, answered[i]) + herTime
			b.herMove <- now
			answered[i] = <-b.theirMove
		}
	}
	for _, when := range answered {
		all = max(all, when)
	}
	return now, all
}

func main() {
	fmt.Printf("one after the other: %d s\n", oneAfterTheOther())
	master, all := fromBoardToBoard()
	fmt.Printf("from board to board: %d s for the master, %d s in all\n", master, all)
}
