// Goexit ends the goroutine that calls it, however deep inside, and nobody else: its deferred
// functions run, and no panic is reported.
// After the documentation of Go's runtime.Goexit.
package main

import (
	"fmt"
	"runtime"
)

func check(door int) {
	if door == 3 {
		fmt.Println("door 3 is locked")
		runtime.Goexit()
	}
	fmt.Printf("door %d is open\n", door)
}

func walkThrough() {
	for door := 1; ; door++ {
		check(door)
	}
}

func main() {
	done := make(chan struct{})
	go func() {
		defer func() {
			fmt.Println("cleaned up")
			close(done)
		}()
		walkThrough()
	}()
	<-done
	fmt.Println("main goes on")
}
