// A timer fires once, unless it is stopped before; it can be set anew, or call a function.
// After "Timers" in Go by Example.
package main

import (
	"fmt"
	"time"
)

func main() {
	first := time.NewTimer(50 * time.Millisecond)
	<-first.C
	fmt.Println("the first timer fired")

	second := time.NewTimer(100 * time.Millisecond)
	if second.Stop() {
		fmt.Println("the second timer was stopped in time")
	}
	select {
	case <-second.C:
		fmt.Println("it fired all the same")
	case <-time.After(200 * time.Millisecond):
		fmt.Println("it never fired")
	}

	third := time.NewTimer(time.Hour)
	if third.Reset(50 * time.Millisecond) {
		fmt.Println("the third timer was set anew")
	}
	<-third.C
	fmt.Println("the third timer fired")

	done := make(chan struct{})
	fourth := time.AfterFunc(50*time.Millisecond, func() {
		fmt.Println("the fourth timer called its function")
		done <- struct{}{}
	})
	<-done
	if !fourth.Stop() {
		fmt.Println("too late to stop it")
	}
}
