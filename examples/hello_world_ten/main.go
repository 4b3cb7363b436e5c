// Ten goroutines say hello, rest, and say world. They rest at the same time, so the whole takes one
// rest, not ten. (Nobody rests before everybody has said hello, so that the order is fixed.)
// After the hello world of many a talk on Python's asyncio.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	const rest = 150 * time.Millisecond
	start := time.Now()
	var greeting, wg sync.WaitGroup
	greeting.Add(10)
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			fmt.Println("hello")
			greeting.Done()
			greeting.Wait()
			time.Sleep(rest)
			fmt.Println("world")
		}()
	}
	wg.Wait()
	elapsed := time.Since(start)
	if elapsed >= rest && elapsed < 10*rest {
		fmt.Println("one rest, not ten")
	} else {
		fmt.Println("ten rests")
	}
}
