// A search page asks three replicas of each server and takes the first answer: one slow machine
// does no harm any longer.
// After Google Search 3.0 in Rob Pike's talk "Go Concurrency Patterns".
package main

import (
	"fmt"
	"sort"
	"time"
)

type replica struct {
	name    string
	latency time.Duration
}

type service struct {
	kind     string
	replicas []replica
}

const (
	quick = 20 * time.Millisecond
	slow  = 300 * time.Millisecond
)

var services = []service{
	{"web", []replica{{"a", time.Hour}, {"b", quick}, {"c", slow}}},
	{"images", []replica{{"a", quick}, {"b", slow}, {"c", time.Hour}}},
	{"videos", []replica{{"a", time.Hour}, {"b", slow}, {"c", quick}}},
}

// The buffer lets the others finish, although nobody waits for them any longer.
func first(s service) string {
	answers := make(chan string, len(s.replicas))
	for _, r := range s.replicas {
		r := r
		go func() {
			time.Sleep(r.latency)
			answers <- s.kind + " from replica " + r.name
		}()
	}
	return <-answers
}

func main() {
	answers := make(chan string, len(services))
	for _, s := range services {
		s := s
		go func() { answers <- first(s) }()
	}

	var results []string
	for len(results) < len(services) {
		results = append(results, <-answers)
	}
	sort.Strings(results)
	for _, result := range results {
		fmt.Println(result)
	}
}
