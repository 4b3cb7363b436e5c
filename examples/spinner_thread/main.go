// A goroutine that is locked to a thread of its own uses channels like anybody else: here it turns
// the spinner.
// After the spinner of "Fluent Python", first with a thread.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func spin(message string, beats <-chan struct{}) {
	runtime.LockOSThread()
	turn := 0
	for range beats {
		fmt.Printf("\r%c %s", "|/-\\"[turn%4], message)
		turn++
	}
	fmt.Printf("\r%20s\r", "")
}

func main() {
	beats := make(chan struct{})
	var spinner sync.WaitGroup
	spinner.Add(1)
	go func() {
		defer spinner.Done()
		spin("thinking", beats)
	}()
	steps := 0
	n := 27
	for n != 1 {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
		steps++
		if steps%10 == 0 {
			beats <- struct{}{}
		}
	}
	close(beats)
	spinner.Wait()
	fmt.Printf("27 comes to 1 after %d steps\n", steps)
}
