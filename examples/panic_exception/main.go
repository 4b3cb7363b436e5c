// A panic that leaves a goroutine ends the whole program, with status 2. One that is recovered in
// the goroutine is nobody else's business.
// After "Panic" and "Recover" in Go by Example.
package main

import (
	"errors"
	"fmt"
)

func work(step int) {
	if step > 1 {
		panic(errors.New("boom"))
	}
	panic(errors.New("a small mishap"))
}

func main() {
	done := make(chan struct{})
	go func() {
		func() {
			defer func() {
				fmt.Printf("caught: %v\n", recover())
			}()
			work(1)
		}()
		done <- struct{}{}
	}()
	<-done

	go func() {
		work(2)
		done <- struct{}{}
	}()
	<-done
	fmt.Println("never printed")
}
