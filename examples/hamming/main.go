// The numbers that have no other prime factor than 2, 3 and 5, in order: each that is found is sent
// to three multipliers, and the smallest of what comes back is the next.
// After Hamming's problem in Dijkstra's "A Discipline of Programming".
package main

import "fmt"

func multiply(factor int64, in <-chan int64, out chan<- int64) {
	for n := range in {
		out <- factor * n
	}
}

func main() {
	const count = 60
	factors := [3]int64{2, 3, 5}
	var in, out [3]chan int64
	var head [3]int64
	for i, factor := range factors {
		in[i] = make(chan int64, count)
		out[i] = make(chan int64, count)
		go multiply(factor, in[i], out[i])
		in[i] <- 1
		head[i] = <-out[i]
	}
	fmt.Print("1")
	for n := 1; n < count; n++ {
		next := head[0]
		for _, h := range head {
			if h < next {
				next = h
			}
		}
		fmt.Print(" ", next)
		for _, c := range in {
			c <- next
		}
		for i := range factors {
			if head[i] == next {
				head[i] = <-out[i]
			}
		}
	}
	fmt.Println()
}
