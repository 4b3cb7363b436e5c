// The listener tells the talker when to stop: the talker's select either speaks or quits.
// After the quit channel of Rob Pike's talk "Go Concurrency Patterns".
package main

import "fmt"

func talker(name string, quit <-chan struct{}) <-chan string {
	lines := make(chan string)
	go func() {
		for i := 1; ; i++ {
			select {
			case lines <- fmt.Sprint(name, " ", i):
			case <-quit:
				return
			}
		}
	}()
	return lines
}

func main() {
	quit := make(chan struct{})
	joe := talker("Joe", quit)
	for i := 0; i < 5; i++ {
		fmt.Println(<-joe)
	}
	quit <- struct{}{}
	fmt.Println("Joe took the hint")
}
