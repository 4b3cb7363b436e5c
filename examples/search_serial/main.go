// A search page asks three servers, one after the other: it takes as long as all three together.
// After Google Search 1.0 in Rob Pike's talk "Go Concurrency Patterns"; the servers take fixed
// times here, and only what does not depend on the clock's whims is printed.
package main

import (
	"fmt"
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
	start := time.Now()
	for _, s := range servers {
		fmt.Println(search(s, "golang"))
	}
	if time.Since(start) >= 120*time.Millisecond {
		fmt.Println("as long as all three")
	} else {
		fmt.Println("too quick")
	}
}
