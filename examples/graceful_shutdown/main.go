// A server that is told to end by a signal finishes what it has begun: the signal cancels a
// context, the context ends the waiting for work, and main waits for the workers.
package main

import (
	"context"
	"fmt"
	"os/signal"
	"sync"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)

	requests := make(chan int)
	served := make(chan int, 100)
	var workers sync.WaitGroup
	for i := 0; i < 3; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for {
				select {
				case r := <-requests:
					served <- r
				case <-ctx.Done():
					return
				}
			}
		}()
	}

	for r := 1; r <= 10; r++ {
		requests <- r
	}
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	<-ctx.Done()
	fmt.Printf("shutting down: %s\n", ctx.Err())
	workers.Wait()
	stop()

	sum := 0
	close(served)
	for r := range served {
		sum += r
	}
	fmt.Printf("served all that had come, the sum of their numbers is %d\n", sum)
}
