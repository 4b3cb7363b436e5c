// A loop over a channel that belongs to somebody else, and may never be closed, should end when we
// are told to stop: orDone wraps the channel, so that the loop stays a plain one.
// After the or-done channel of Katherine Cox-Buday's "Concurrency in Go".
package main

import "fmt"

func orDone[T any](done <-chan struct{}, in <-chan T) <-chan T {
	out := make(chan T)
	go func() {
		defer close(out)
		for {
			select {
			case value, ok := <-in:
				if !ok {
					return
				}
				select {
				case out <- value:
				case <-done:
					return
				}
			case <-done:
				return
			}
		}
	}()
	return out
}

func numbers(count int) <-chan int {
	out := make(chan int)
	go func() {
		for n := 1; n <= count; n++ {
			out <- n
		}
		select {} // says nothing more, and does not close
	}()
	return out
}

func main() {
	done := make(chan struct{})
	for n := range orDone(done, numbers(4)) {
		fmt.Println(n)
		if n == 4 {
			close(done)
		}
	}
	fmt.Println("done")
}
