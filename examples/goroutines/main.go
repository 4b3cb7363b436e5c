// A function can be called as usual, or started as a goroutine; so can a function literal.
// After "Goroutines" in Go by Example. Goroutines that run at the same time speak in any order, so
// what they say is collected and put in order before it is printed.
package main

import (
	"fmt"
	"sort"
)

func count(who string, lines chan<- string) {
	for i := 1; i <= 3; i++ {
		lines <- fmt.Sprint(who, " ", i)
	}
}

func main() {
	lines := make(chan string, 7)
	count("called", lines)
	for len(lines) > 0 {
		fmt.Println(<-lines)
	}

	go count("function", lines)
	go func() { lines <- "lambda" }()
	var said []string
	for len(said) < 4 {
		said = append(said, <-lines)
	}
	sort.Strings(said)
	for _, line := range said {
		fmt.Println(line)
	}
}
