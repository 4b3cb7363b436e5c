// A few pollers look at a list of addresses again and again; one goroutine keeps the states. Each
// address is owned by one goroutine at a time, because it travels through channels: nothing is
// locked.
// After the codewalk "Share Memory By Communicating" of Go; the answers are written down here, and
// each address is looked at three times.
package main

import (
	"fmt"
	"sort"
)

type resource struct {
	url   string
	polls int
}

type state struct {
	url    string
	status string
}

var answers = map[string]string{
	"/blog": "200 OK", "/docs": "200 OK", "/old": "404 Not Found", "/play": "200 OK"}

func poll(pending <-chan *resource, complete chan<- *resource, states chan<- state) {
	for r := range pending {
		r.polls++
		states <- state{r.url, answers[r.url]}
		complete <- r
	}
}

func main() {
	pending := make(chan *resource)
	complete := make(chan *resource)
	states := make(chan state)
	for i := 0; i < 2; i++ {
		go poll(pending, complete, states)
	}

	report := make(chan struct{})
	go func() {
		seen := make(map[string]int)
		var lines []string
		for s := range states {
			line := s.url + ": " + s.status
			if seen[line] == 0 {
				lines = append(lines, line)
			}
			seen[line]++
		}
		sort.Strings(lines)
		for _, line := range lines {
			fmt.Printf("%s, %d times\n", line, seen[line])
		}
		report <- struct{}{}
	}()

	go func() {
		for url := range answers {
			pending <- &resource{url: url}
		}
	}()
	for finished := 0; finished < len(answers); {
		r := <-complete
		if r.polls == 3 {
			finished++
		} else {
			go func() { pending <- r }()
		}
	}
	close(states)
	<-report
}
