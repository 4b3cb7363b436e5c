// A chain of goroutines, one per prime found so far, each of which lets through only what its
// prime does not divide.
// After the concurrent prime sieve that comes with Go.
package main

import "fmt"

func generate(numbers chan<- int) {
	for i := 2; ; i++ {
		numbers <- i
	}
}

func filter(in <-chan int, out chan<- int, prime int) {
	for number := range in {
		if number%prime != 0 {
			out <- number
		}
	}
}

func main() {
	numbers := make(chan int)
	go generate(numbers)
	for i := 0; i < 30; i++ {
		prime := <-numbers
		fmt.Println(prime)
		rest := make(chan int)
		go filter(numbers, rest, prime)
		numbers = rest
	}
}
