// A search page asks three servers at the same time: it takes as long as the slowest of them.
// After Google Search 2.0 in Rob Pike's talk "Go Concurrency Patterns"; the answers come in any
// order, and are put in order before they are printed.
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
	{"web", 30 * time.Millisecond},
	{"images", 50 * time.Millisecond},
	{"videos", 40 * time.Millisecond},
}

func search(s server, query string) string {
	time.Sleep(s.latency)
	return s.kind + " for " + query
}

func main() {
	answers := make(chan string)
	for _, s := range servers {
		s := s
		go func() { answers <- search(s, "golang") }()
	}

	var results []string
	for len(results) < len(servers) {
		results = append(results, <-answers)
	}
	sort.Strings(results)
	for _, result := range results {
		fmt.Println(result)
	}
}
