// A channel with room for three is a semaphore: whoever puts a token in may work, and takes one out
// afterwards. Twenty jobs start at once, and never more than three are at work.
// After the semaphore channel in "Effective Go".
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	tokens := make(chan struct{}, 3)
	results := make([]int, 20)
	atWork, most := 0, 0
	var counting sync.Mutex
	var jobs sync.WaitGroup
	for job := range results {
		job := job
		jobs.Add(1)
		go func() {
			defer jobs.Done()
			tokens <- struct{}{}
			counting.Lock()
			atWork++
			if atWork > most {
				most = atWork
			}
			counting.Unlock()
			runtime.Gosched() // hard work
			results[job] = job * job
			counting.Lock()
			atWork--
			counting.Unlock()
			<-tokens
		}()
	}
	jobs.Wait()

	for _, result := range results {
		fmt.Println(result)
	}
	if most >= 1 && most <= 3 {
		fmt.Println("never more than three")
	} else {
		fmt.Println("too many")
	}
}
