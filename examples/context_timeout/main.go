// One time limit for a whole piece of work, however many steps it has. What is begun when the time
// is over does not even start.
// After the example of WithTimeout in the documentation of Go's package context.
package main

import (
	"context"
	"fmt"
	"time"
)

func step(name string, ctx context.Context, howLong time.Duration) {
	select {
	case <-time.After(howLong):
		fmt.Printf("%s: done\n", name)
	case <-ctx.Done():
		fmt.Printf("%s: %v\n", name, ctx.Err())
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 150*time.Millisecond)
	step("a short step", ctx, 20*time.Millisecond)
	step("a long step", ctx, time.Hour)
	step("one more step", ctx, time.Hour)
	cancel() // too late to change anything
	fmt.Printf("%v\n", ctx.Err())
}
