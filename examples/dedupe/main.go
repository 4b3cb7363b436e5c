// A stage that drops what it has passed on before. It has room for one item: while there is none it
// receives, while there is one it sends, by making the other case nil.
// After the deduper of Sameer Ajmani's talk "Advanced Go Concurrency Patterns".
package main

import "fmt"

func dedupe(items <-chan string) <-chan string {
	once := make(chan string)
	go func() {
		seen := make(map[string]bool)
		in := items           // nil while an item is pending
		var out chan<- string // nil while none is
		var pending string
		for {
			select {
			case item, more := <-in:
				if !more {
					close(once)
					return
				}
				if seen[item] {
					break
				}
				seen[item] = true
				pending = item
				in = nil
				out = once
			case out <- pending:
				in = items
				out = nil
			}
		}
	}()
	return once
}

func main() {
	news := make(chan string)
	go func() {
		for _, item := range []string{"rain", "wind", "rain", "sun", "sun", "wind", "hail"} {
			news <- item
		}
		close(news)
	}()
	for item := range dedupe(news) {
		fmt.Println(item)
	}
}
