// Somebody forgot to say that he is done: main waits for ever, and the runtime sees it. A running
// timer would have kept it silent, because its function might have said so.
// After the classic mistake with wait groups.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		fmt.Println("the first is done")
		wg.Done()
	}()
	time.AfterFunc(50*time.Millisecond, func() { fmt.Println("a timer comes first") })
	wg.Wait()
	fmt.Println("never printed")
}
