// Four producers fill a buffer, three consumers empty it. The channel is the buffer, with its lock
// and its two conditions; the last producer to finish closes it.
// After Dijkstra's problem; who consumes what is open, so only totals are printed.
package main

import (
	"fmt"
	"sync"
)

type share struct {
	count, total int
}

func main() {
	buffer := make(chan int, 5)
	shares := make(chan share)
	for i := 0; i < 3; i++ {
		go func() {
			var mine share
			for item := range buffer {
				mine.count++
				mine.total += item
			}
			shares <- mine
		}()
	}

	var producers sync.WaitGroup
	for producer := 0; producer < 4; producer++ {
		producer := producer
		producers.Add(1)
		go func() {
			defer producers.Done()
			for i := 1; i <= 100; i++ {
				buffer <- producer*100 + i
			}
		}()
	}
	producers.Wait()
	close(buffer)

	var all share
	for i := 0; i < 3; i++ {
		one := <-shares
		all.count += one.count
		all.total += one.total
	}
	fmt.Printf("%d items, total %d\n", all.count, all.total)
}
