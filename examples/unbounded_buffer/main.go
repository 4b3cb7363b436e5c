// A goroutine that takes values at any time, and hands them out in order at any time. While it has
// none, the sending case of its select is that of a nil channel: never ready.
// After the buffer of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
package main

import "fmt"

func buffer(in <-chan int, out chan<- int) {
	var waiting []int
	for in != nil || len(waiting) > 0 {
		var next int
		var ready chan<- int
		if len(waiting) > 0 {
			next = waiting[0]
			ready = out
		}
		select {
		case value, ok := <-in:
			if ok {
				waiting = append(waiting, value)
			} else {
				in = nil // closed: nothing more to take
			}
		case ready <- next:
			waiting = waiting[1:]
		}
	}
	close(out)
}

func main() {
	in := make(chan int)
	out := make(chan int)
	go buffer(in, out)

	for i := 1; i <= 1000; i++ {
		in <- i
	}
	fmt.Println("1000 values sent, and nobody has received yet")
	close(in)

	count := 0
	inOrder := true
	for value := range out {
		count++
		inOrder = inOrder && value == count
	}
	order := "in disorder"
	if inOrder {
		order = "in order"
	}
	fmt.Printf("%d values received %s\n", count, order)
}
