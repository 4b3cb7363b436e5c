// Three workers share one queue of jobs. Which worker takes which job, and which job ends first,
// is open, so the results are put in order before they are printed.
// After "Worker Pools" in Go by Example.
package main

import (
	"fmt"
	"time"
)

type result struct {
	job    int
	square int
}

func worker(jobs <-chan int, results chan<- result) {
	for job := range jobs {
		time.Sleep(20 * time.Millisecond) // hard work
		results <- result{job, job * job}
	}
}

func main() {
	const count = 9
	jobs := make(chan int, count)
	results := make(chan result, count)

	for i := 0; i < 3; i++ {
		go worker(jobs, results)
	}
	for job := 1; job <= count; job++ {
		jobs <- job
	}
	close(jobs)

	squares := make(map[int]int)
	for i := 0; i < count; i++ {
		r := <-results
		squares[r.job] = r.square
	}
	for job := 1; job <= count; job++ {
		fmt.Printf("job %d: %d\n", job, squares[job])
	}
}
