// A generator that is given a context ends when the context is cancelled: nobody has to remember a
// channel for it.
// After the example of WithCancel in the documentation of Go's package context.
package main

import (
	"context"
	"fmt"
	"sync"
)

func numbers(ctx context.Context, alive *sync.WaitGroup) <-chan int {
	out := make(chan int)
	alive.Add(1)
	go func() {
		defer alive.Done()
		for n := 1; ; n++ {
			select {
			case out <- n:
			case <-ctx.Done():
				fmt.Printf("the generator ends: %v\n", ctx.Err())
				return
			}
		}
	}()
	return out
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	var alive sync.WaitGroup
	for n := range numbers(ctx, &alive) {
		fmt.Println(n)
		if n == 5 {
			break
		}
	}
	cancel()
	alive.Wait()
}
