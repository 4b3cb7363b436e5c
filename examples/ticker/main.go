// A ticker strikes again and again until it is stopped; stopping it does not close its channel.
// After "Tickers" in Go by Example; the number of the tick is printed instead of its time.
package main

import (
	"fmt"
	"time"
)

func main() {
	ticker := time.NewTicker(60 * time.Millisecond)
	for i := 1; i <= 4; i++ {
		<-ticker.C
		fmt.Printf("tick %d\n", i)
	}
	ticker.Stop()

	select {
	case <-ticker.C:
		fmt.Println("one tick too many")
	case <-time.After(150 * time.Millisecond):
		fmt.Println("stopped")
	}
}
