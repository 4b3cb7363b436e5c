// Three goroutines compute factorials step by step, resting after each step. They run at the same
// time; what each reports, and its result, are gathered in the order in which they were started.
// After asyncio.gather in the documentation of Python.
package main

import (
	"fmt"
	"time"
)

type job struct {
	name   string
	number int
	report chan string
	result chan int
}

func newJob(name string, number int) job {
	return job{name, number, make(chan string, 10), make(chan int, 1)}
}

func factorial(j job) {
	f := 1
	for i := 2; i <= j.number; i++ {
		f *= i
		j.report <- fmt.Sprintf("task %s: times %d is %d", j.name, i, f)
		time.Sleep(20 * time.Millisecond)
	}
	close(j.report)
	j.result <- f
}

func main() {
	jobs := []job{newJob("A", 2), newJob("B", 3), newJob("C", 4)}
	for _, j := range jobs {
		go factorial(j)
	}

	for _, j := range jobs {
		for line := range j.report {
			fmt.Println(line)
		}
	}
	fmt.Print("results:")
	for _, j := range jobs {
		fmt.Printf(" %d", <-j.result)
	}
	fmt.Println()
}
