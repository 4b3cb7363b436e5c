// Anything can be given to panic: here a number. The deferred functions of the goroutine run first,
// then the whole program ends with status 2.
// After "Panic" in Go by Example.
package main

import "fmt"

func search(room int) {
	fmt.Println("lights on")
	defer fmt.Println("lights off")
	if room == 101 {
		panic(room)
	}
	fmt.Println("nothing here")
}

func main() {
	done := make(chan struct{})
	go func() {
		search(100)
		search(101)
		done <- struct{}{}
	}()
	<-done
	fmt.Println("never printed")
}
