// A watchdog barks when the work takes too long; work that is done in time takes it off the leash,
// by a deferred call, before that.
// After the watchdog with call_later of a talk on Python's asyncio.
package main

import (
	"fmt"
	"time"
)

func work(howLong time.Duration) {
	watchdog := time.AfterFunc(200*time.Millisecond, func() { fmt.Println("Woof!!!") })
	defer watchdog.Stop()
	time.Sleep(howLong)
	fmt.Printf("worked %d ms\n", howLong.Milliseconds())
}

func main() {
	work(10 * time.Millisecond)
	work(40 * time.Millisecond)
	work(300 * time.Millisecond)
}
