// A search page does not wait for a slow server: what has not come in time is left out. One timer
// limits the whole search.
// After Google Search 2.1 in Rob Pike's talk "Go Concurrency Patterns".
package main

import (
	"fmt"
	"sort"
	"time"
)

type server struct {
	kind    string
	latency time.Duration
}

var servers = []server{
	{"web", 20 * time.Millisecond},
	{"images", 10 * time.Millisecond},
	{"videos", time.Hour},
}

func search(s server, query string) string {
	time.Sleep(s.latency)
	return s.kind + " for " + query
}

func searchAll(query string) (results []string) {
	answers := make(chan string)
	for _, s := range servers {
		s := s
		go func() { answers <- search(s, query) }()
	}

	timeIsUp := time.After(200 * time.Millisecond)
	for len(results) < len(servers) {
		select {
		case result := <-answers:
			results = append(results, result)
		case <-timeIsUp:
			fmt.Println("timed out")
			return
		}
	}
	return
}

func main() {
	results := searchAll("golang")
	sort.Strings(results)
	for _, result := range results {
		fmt.Println(result)
	}
}
