// A stage of a pipeline that is slow is done by several goroutines, which share its input; merge
// brings what they send back together, and closes when all of them have.
// After fan-out and fan-in in the Go blog's "Pipelines and cancellation"; the results arrive in any
// order, and are put in order before they are printed.
package main

import (
	"fmt"
	"sort"
	"sync"
)

func numbers(count int) <-chan int {
	out := make(chan int)
	go func() {
		for n := 1; n <= count; n++ {
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

func merge(sources ...<-chan int) <-chan int {
	out := make(chan int)
	go func() {
		var wg sync.WaitGroup
		wg.Add(len(sources))
		for _, source := range sources {
			source := source
			go func() {
				defer wg.Done()
				for n := range source {
					out <- n
				}
			}()
		}
		wg.Wait()
		close(out)
	}()
	return out
}

func main() {
	in := numbers(12)
	var squares []int
	for n := range merge(square(in), square(in), square(in)) {
		squares = append(squares, n)
	}
	sort.Ints(squares)
	for _, n := range squares {
		fmt.Println(n)
	}
}
