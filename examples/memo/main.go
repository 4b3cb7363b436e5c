// Remembers the results of a slow function. Whoever asks first computes; those who ask meanwhile
// wait for the same result, because the channel of an entry is closed when it is there.
// After the memo of "The Go Programming Language", chapter 9.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

type entry struct {
	ready chan struct{}
	value int64
}

type memo struct {
	mu       sync.Mutex
	entries  map[int]*entry
	function func(int) int64
}

func (m *memo) get(key int) int64 {
	m.mu.Lock()
	e := m.entries[key]
	if e != nil {
		m.mu.Unlock()
		<-e.ready
		return e.value
	}
	e = &entry{ready: make(chan struct{})}
	m.entries[key] = e
	m.mu.Unlock()
	e.value = m.function(key)
	close(e.ready)
	return e.value
}

var computed atomic.Int32

func slowCube(n int) int64 {
	computed.Add(1)
	for i := 0; i < 3; i++ {
		runtime.Gosched()
	}
	return int64(n) * int64(n) * int64(n)
}

func main() {
	cubes := memo{entries: make(map[int]*entry), function: slowCube}
	var total atomic.Int64
	var wg sync.WaitGroup
	for i := 0; i < 100; i++ {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			total.Add(cubes.get(i%4 + 1))
		}()
	}
	wg.Wait()
	for n := 1; n <= 4; n++ {
		fmt.Printf("%d: %d\n", n, cubes.get(n))
	}
	fmt.Printf("total %d, computed %d times\n", total.Load(), computed.Load())
}
