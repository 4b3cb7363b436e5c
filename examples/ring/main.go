// 503 goroutines stand in a ring and pass a token on, which counts down to zero; prints who has it
// then.
// After "thread-ring" of the Computer Language Benchmarks Game.
package main

import "fmt"

func stand(number int, in <-chan int, out, last chan<- int) {
	for token := range in {
		if token == 0 {
			last <- number
		} else {
			out <- token - 1
		}
	}
}

func main() {
	const size = 503
	first := make(chan int)
	last := make(chan int)
	in := first
	for number := 1; number <= size; number++ {
		out := first
		if number < size {
			out = make(chan int)
		}
		go stand(number, in, out, last)
		in = out
	}
	for _, token := range []int{1_000, 50_000} {
		first <- token
		fmt.Printf("%d: %d\n", token, <-last)
	}
}
