// Three smokers, each with plenty of one ingredient; an agent lays the two others of one of them on
// the table, and the one who can, smokes. Asking for both things at once, as a whole, is what keeps
// them from taking one thing each.
// After Patil's cigarette smokers' problem; what the agent lays out is a fixed list.
package main

import "fmt"

func main() {
	has := []string{"tobacco", "paper", "matches"}
	othersOf := make([]chan struct{}, 3) // the two things that smoker i lacks
	smoked := make([]int, 3)
	done := make(chan int)
	for i := range othersOf {
		othersOf[i] = make(chan struct{})
		go func(table <-chan struct{}, i int) {
			for range table {
				done <- i
			}
		}(othersOf[i], i)
	}
	for _, next := range []int{0, 2, 1, 1, 0, 2, 0, 0} {
		othersOf[next] <- struct{}{}
		smoked[<-done]++
	}
	for i, times := range smoked {
		fmt.Printf("the one with %s smoked %d times\n", has[i], times)
	}
}
