// A mutex lets one goroutine at a time touch a map.
// After "sync.Mutex" in A Tour of Go and "Mutexes" in Go by Example.
package main

import (
	"fmt"
	"sync"
)

type counters struct {
	mu     sync.Mutex
	values map[string]int
}

func (c *counters) increment(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[name]++
}

func (c *counters) value(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values[name]
}

func main() {
	votes := counters{values: make(map[string]int)}
	var wg sync.WaitGroup
	for i := 0; i < 1000; i++ {
		drink := "tea"
		if i%4 == 0 {
			drink = "coffee"
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			votes.increment(drink)
		}()
	}
	wg.Wait()
	fmt.Printf("tea: %d\n", votes.value("tea"))
	fmt.Printf("coffee: %d\n", votes.value("coffee"))
}
