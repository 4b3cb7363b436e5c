// A pipeline: each stage is a goroutine that receives from one channel and sends to the next, and
// closes it at the end. Stages that take and give the same type can be chained at will.
// After the first pipeline of the Go blog's "Pipelines and cancellation".
package main

import "fmt"

func numbers(list ...int) <-chan int {
	out := make(chan int)
	go func() {
		for _, n := range list {
			out <- n
		}
		close(out)
	}()
	return out
}

func square(in <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		for n := range in {
			out <- n * n
		}
		close(out)
	}()
	return out
}

func main() {
	for n := range square(numbers(2, 3, 5)) {
		fmt.Println(n)
	}
	for n := range square(square(numbers(2, 3, 5))) {
		fmt.Println(n)
	}
}
