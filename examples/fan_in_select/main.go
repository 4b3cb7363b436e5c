// One goroutine with a select listens to two channels. One that is closed would be ready at once
// again and again, so its variable is set to nil, which is never ready.
// After the fan-in with select of Rob Pike's talk "Go Concurrency Patterns".
package main

import "fmt"

func numbers(from, to, step int) <-chan int {
	c := make(chan int)
	go func() {
		for n := from; n <= to; n += step {
			c <- n
		}
		close(c)
	}()
	return c
}

func fanIn(a, b <-chan int) <-chan int {
	all := make(chan int)
	go func() {
		for a != nil || b != nil {
			select {
			case n, ok := <-a:
				if ok {
					all <- n
				} else {
					a = nil
				}
			case n, ok := <-b:
				if ok {
					all <- n
				} else {
					b = nil
				}
			}
		}
		close(all)
	}()
	return all
}

func main() {
	count, even, total := 0, 0, 0
	for n := range fanIn(numbers(1, 99, 2), numbers(2, 40, 2)) {
		count++
		if n%2 == 0 {
			even++
		}
		total += n
	}
	fmt.Printf("%d numbers, %d of them even, total %d\n", count, even, total)
}
