// A generator that takes its time: the loop over it gets a number at each tick, and may end early.
// When the loop lets go of the generator, its goroutine is told to stop, and does.
// After the asynchronous generators of the talks on Python's asyncio (PEP 525).
package main

import (
	"fmt"
	"time"
)

type ticker struct {
	numbers chan int
	stop    chan struct{}
	stopped chan struct{}
}

func newTicker(delay time.Duration, to int) ticker {
	t := ticker{make(chan int), make(chan struct{}), make(chan struct{})}
	go func() {
		defer close(t.stopped)
		defer close(t.numbers)
		for i := 0; i < to; i++ {
			select {
			case t.numbers <- i:
			case <-t.stop:
				return
			}
			select {
			case <-t.stop:
				return
			case <-time.After(delay):
			}
		}
	}()
	return t
}

func (t ticker) close() {
	close(t.stop)
	<-t.stopped
	fmt.Println("the ticker has stopped")
}

func main() {
	func() {
		all := newTicker(10*time.Millisecond, 5)
		defer all.close()
		for i := range all.numbers {
			fmt.Println(i)
		}
	}()
	func() {
		some := newTicker(10*time.Millisecond, 1_000_000)
		defer some.close()
		for i := range some.numbers {
			fmt.Println(i)
			if i == 2 {
				break
			}
		}
	}()
	var even []int
	func() {
		filtered := newTicker(time.Millisecond, 10)
		defer filtered.close()
		for i := range filtered.numbers {
			if i%2 == 0 {
				even = append(even, i)
			}
		}
	}()
	for _, i := range even {
		fmt.Printf("even %d\n", i)
	}
}
