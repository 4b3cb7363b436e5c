// Sorts by halves: each half is sorted by goroutines of its own and arrives, in order, on a
// channel; merging takes the smaller of the two heads again and again.
// After the textbook's merge sort, with channels between the levels.
package main

import "fmt"

func sorted(numbers []int) <-chan int {
	out := make(chan int, 8)
	go func() {
		defer close(out)
		if len(numbers) == 1 {
			out <- numbers[0]
			return
		}
		left := sorted(numbers[:len(numbers)/2])
		right := sorted(numbers[len(numbers)/2:])
		a, okA := <-left
		b, okB := <-right
		for okA || okB {
			if !okB || (okA && a <= b) {
				out <- a
				a, okA = <-left
			} else {
				out <- b
				b, okB = <-right
			}
		}
	}()
	return out
}

func main() {
	var numbers []int
	for i, n := 0, 7; i < 500; i, n = i+1, (n*421+1663)%7875 {
		numbers = append(numbers, n)
	}

	count, inversions, last := 0, 0, 0
	for n := range sorted(numbers) {
		if count%50 == 0 {
			fmt.Printf("number %d is %d\n", count, n)
		}
		if n < last {
			inversions++
		}
		last = n
		count++
	}
	fmt.Printf("%d numbers, %d out of order\n", count, inversions)
}
