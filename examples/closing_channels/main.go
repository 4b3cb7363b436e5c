// Closing says "no more values": what was sent before still arrives, and then every receive tells
// at once that there is nothing left.
// After "Closing Channels" in Go by Example; the worker starts late, so that the order is fixed.
package main

import "fmt"

func main() {
	jobs := make(chan int, 5)
	done := make(chan struct{})

	for job := 1; job <= 3; job++ {
		jobs <- job
		fmt.Printf("sent job %d\n", job)
	}
	close(jobs)
	fmt.Println("sent all jobs")

	go func() {
		for {
			job, more := <-jobs
			if !more {
				break
			}
			fmt.Printf("received job %d\n", job)
		}
		fmt.Println("received all jobs")
		close(done)
	}()
	<-done

	job, more := <-jobs
	answer := "no"
	if more {
		answer = "yes"
	}
	fmt.Printf("more jobs: %s, value %d\n", answer, job)
}
