// Four goroutines work in rounds, and none begins a round before all have finished the one before.
// The last to arrive wakes the others by a condition variable.
// After the cyclic barrier of the textbooks.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type barrier struct {
	mu      sync.Mutex
	allHere *sync.Cond
	size    int
	missing int
	round   int
}

func newBarrier(size int) *barrier {
	b := &barrier{size: size, missing: size}
	b.allHere = sync.NewCond(&b.mu)
	return b
}

func (b *barrier) arriveAndWait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	mine := b.round
	b.missing--
	if b.missing == 0 {
		b.missing = b.size
		b.round++
		b.allHere.Broadcast()
		return
	}
	for b.round == mine {
		b.allHere.Wait()
	}
}

func main() {
	const (
		workers = 4
		rounds  = 5
	)
	together := newBarrier(workers)
	var workDone, early atomic.Int32
	var wg sync.WaitGroup
	for worker := 0; worker < workers; worker++ {
		worker := worker
		wg.Add(1)
		go func() {
			defer wg.Done()
			for round := 1; round <= rounds; round++ {
				workDone.Add(1)
				together.arriveAndWait()
				if workDone.Load() < int32(round*workers) {
					early.Add(1)
				}
				if worker == 0 {
					fmt.Printf("round %d: %d pieces of work\n", round, workDone.Load())
				}
				together.arriveAndWait()
			}
		}()
	}
	wg.Wait()
	fmt.Printf("%d were early\n", early.Load())
}
