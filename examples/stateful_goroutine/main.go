// One goroutine owns a map, and the others send it requests: memory is shared by communicating.
// After "Stateful Goroutines" in Go by Example; each goroutine does a fixed number of operations.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type readRequest struct {
	key    int
	answer chan int
}

type writeRequest struct {
	key   int
	value int
	done  chan struct{}
}

func ownTheMap(reads <-chan readRequest, writes <-chan writeRequest) {
	state := make(map[int]int)
	for {
		select {
		case read := <-reads:
			read.answer <- state[read.key]
		case write := <-writes:
			state[write.key] = write.value
			write.done <- struct{}{}
		}
	}
}

func main() {
	reads := make(chan readRequest)
	writes := make(chan writeRequest)
	go ownTheMap(reads, writes)

	read := func(key int) int {
		request := readRequest{key, make(chan int)}
		reads <- request
		return <-request.answer
	}
	write := func(key, value int) {
		request := writeRequest{key, value, make(chan struct{})}
		writes <- request
		<-request.done
	}

	var readCount, writeCount atomic.Int32
	var wg sync.WaitGroup
	for reader := 0; reader < 20; reader++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 50; i++ {
				read(i % 5)
				readCount.Add(1)
			}
		}()
	}
	for writer := 0; writer < 5; writer++ {
		writer := writer
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 1; i <= 100; i++ {
				write(writer, writer*i)
				writeCount.Add(1)
			}
		}()
	}
	wg.Wait()

	fmt.Printf("reads: %d\n", readCount.Load())
	fmt.Printf("writes: %d\n", writeCount.Load())
	for key := 0; key < 5; key++ {
		fmt.Printf("state[%d] = %d\n", key, read(key))
	}
}
