// A select with a default never waits: while neither clock has struck, there is time for other
// work.
// After "Default Selection" in A Tour of Go; how often the default runs varies, and is not
// printed.
package main

import (
	"fmt"
	"time"
)

func main() {
	tick := time.Tick(100 * time.Millisecond)
	boom := time.After(350 * time.Millisecond)
	idle := 0
	for {
		select {
		case <-tick:
			fmt.Println("tick")
		case <-boom:
			fmt.Println("BOOM!")
			if idle > 0 {
				fmt.Println("there was time for other work")
			} else {
				fmt.Println("there was no time at all")
			}
			return
		default:
			idle++
			time.Sleep(5 * time.Millisecond)
		}
	}
}
