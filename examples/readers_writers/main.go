// Many may read at the same time, but whoever writes is alone. Here every writer changes two
// numbers, and no reader ever sees one changed without the other.
// After Courtois, Heymans and Parnas, "Concurrent Control with Readers and Writers".
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

func main() {
	var mutex sync.RWMutex
	left, right := 500, 500
	var wrong, reads atomic.Int32
	var wg sync.WaitGroup
	for writer := 0; writer < 4; writer++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 25; i++ {
				mutex.Lock()
				left++
				runtime.Gosched() // a good moment for a reader to come in
				right--
				mutex.Unlock()
			}
		}()
	}
	for reader := 0; reader < 8; reader++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 50; i++ {
				mutex.RLock()
				if left+right != 1000 {
					wrong.Add(1)
				}
				reads.Add(1)
				mutex.RUnlock()
			}
		}()
	}
	wg.Wait()
	fmt.Printf("%d reads, %d of them wrong\n", reads.Load(), wrong.Load())
	fmt.Printf("left %d, right %d\n", left, right)
}
