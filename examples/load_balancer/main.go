// A balancer gives each request to the worker that has the fewest in hand; the workers stand in a
// heap, ordered by that. Which worker serves which request is open; that each is served, and that
// no worker ends with work in hand, is not.
// After the load balancer of Rob Pike's talk "Concurrency Is Not Parallelism".
package main

import (
	"container/heap"
	"fmt"
)

const (
	workerCount  = 4
	clientCount  = 10
	requestsEach = 20
)

type request struct {
	number int
	answer chan int
}

type worker struct {
	work   chan request
	inHand int
	served int
	index  int
}

// The least busy worker is in front.
type pool []*worker

func (p pool) Len() int           { return len(p) }
func (p pool) Less(i, j int) bool { return p[i].inHand < p[j].inHand }
func (p pool) Swap(i, j int) {
	p[i], p[j] = p[j], p[i]
	p[i].index, p[j].index = i, j
}
func (p *pool) Push(x any) { panic("the pool does not grow") }
func (p *pool) Pop() any   { panic("the pool does not shrink") }

func serve(w *worker, done chan<- *worker) {
	for r := range w.work {
		r.answer <- r.number * r.number
		done <- w
	}
}

func ask(requests chan<- request, totals chan<- int) {
	answer := make(chan int)
	total := 0
	for number := 1; number <= requestsEach; number++ {
		requests <- request{number, answer}
		total += <-answer
	}
	totals <- total
}

func main() {
	requests := make(chan request)
	done := make(chan *worker)
	totals := make(chan int, clientCount)

	var workers pool
	for i := 0; i < workerCount; i++ {
		w := &worker{work: make(chan request, clientCount), index: i}
		go serve(w, done)
		workers = append(workers, w)
	}
	for i := 0; i < clientCount; i++ {
		go ask(requests, totals)
	}

	for finished := 0; finished < clientCount*requestsEach; {
		select {
		case r := <-requests:
			leastBusy := workers[0]
			leastBusy.work <- r
			leastBusy.inHand++
			heap.Fix(&workers, leastBusy.index)
		case w := <-done:
			w.inHand--
			w.served++
			heap.Fix(&workers, w.index)
			finished++
		}
	}

	served, inHand := 0, 0
	for _, w := range workers {
		served += w.served
		inHand += w.inHand
	}
	fmt.Printf("%d workers served %d requests and have %d in hand\n", workerCount, served, inHand)
	total := 0
	for i := 0; i < clientCount; i++ {
		total += <-totals
	}
	fmt.Printf("the answers add up to %d\n", total)
}
