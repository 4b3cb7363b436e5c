// Sends every value of one channel to two others. The select sends to whichever is ready; the one
// that has got its copy is nil until the other has it too.
// After the tee channel of Katherine Cox-Buday's "Concurrency in Go".
package main

import "fmt"

func tee(in <-chan int) (<-chan int, <-chan int) {
	left := make(chan int)
	right := make(chan int)
	go func() {
		for value := range in {
			a, b := left, right
			for a != nil || b != nil {
				select {
				case a <- value:
					a = nil
				case b <- value:
					b = nil
				}
			}
		}
		close(left)
		close(right)
	}()
	return left, right
}

func main() {
	in := make(chan int)
	go func() {
		for n := 1; n <= 10; n++ {
			in <- n
		}
		close(in)
	}()
	left, right := tee(in)

	product := make(chan int64)
	go func() {
		p := int64(1)
		for n := range right {
			p *= int64(n)
		}
		product <- p
	}()
	sum := int64(0)
	for n := range left {
		sum += int64(n)
	}
	fmt.Printf("sum %d, product %d\n", sum, <-product)
}
