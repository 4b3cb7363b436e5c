// Two goroutines pass on what two talkers say to one channel: whoever is ready is heard. Each
// talker's words stay in order, which is all that is printed.
// After the fan-in of Rob Pike's talk "Go Concurrency Patterns".
package main

import "fmt"

type word struct {
	name   string
	number int
}

func talker(name string, count int) <-chan word {
	words := make(chan word)
	go func() {
		for i := 1; i <= count; i++ {
			words <- word{name, i}
		}
		close(words)
	}()
	return words
}

func fanIn(first, second <-chan word) <-chan word {
	all := make(chan word)
	over := make(chan struct{})
	for _, source := range []<-chan word{first, second} {
		source := source
		go func() {
			for w := range source {
				all <- w
			}
			over <- struct{}{}
		}()
	}
	go func() {
		<-over
		<-over
		close(all)
	}()
	return all
}

func main() {
	heard := make(map[string]string)
	for w := range fanIn(talker("Joe", 8), talker("Ann", 12)) {
		heard[w.name] += fmt.Sprint(" ", w.number)
	}
	for _, name := range []string{"Ann", "Joe"} {
		fmt.Printf("%s:%s\n", name, heard[name])
	}
}
