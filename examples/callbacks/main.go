// A library that calls back from a thread of its own, and two goroutines that write their calls to
// it as if they returned what they answer.
package main

import (
	"errors"
	"fmt"
)

// Somebody else's: it knows nothing of who waits.
func lookUp(name string, callback func(int, error)) {
	go func() {
		switch name {
		case "zero":
			callback(0, nil)
		case "forty-two":
			callback(42, nil)
		default:
			callback(0, errors.New("no such number"))
		}
	}()
}

type answer struct {
	value int
	err   error
}

func number(name string) (int, error) {
	c := make(chan answer, 1)
	lookUp(name, func(value int, err error) { c <- answer{value, err} })
	a := <-c
	return a.value, a.err
}

func spawn(name string) <-chan int {
	c := make(chan int, 1)
	go func() {
		value, _ := number(name)
		c <- value
	}()
	return c
}

func main() {
	a, b := spawn("zero"), spawn("forty-two")
	fmt.Printf("zero is %d, forty-two is %d\n", <-a, <-b)
	if _, err := number("many"); err != nil {
		fmt.Printf("many: %s\n", err)
	}
}
