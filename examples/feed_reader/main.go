// Reads two news feeds at once and merges them. Each reader is one goroutine with one select: a
// fetch is under way or not, there is news to hand on or not, and it can be told to close at any
// time. Cases that do not apply are nil. What a feed repeats is dropped.
// After the feed reader of Sameer Ajmani's talk "Advanced Go Concurrency Patterns", with two feeds
// that are written down here instead of fetched.
package main

import (
	"fmt"
	"sort"
)

type page struct {
	items []string
	err   string
}

type feed struct {
	name  string
	pages []page
}

type subscription struct {
	updates <-chan string
	closing chan<- chan string
}

// Ends the subscription, and tells what went wrong in its time.
func (s subscription) close() string {
	answer := make(chan string)
	s.closing <- answer
	return <-answer
}

func readFeed(f feed, updates chan<- string, closing <-chan chan string) {
	var pending []string
	seen := make(map[string]bool)
	err := "no error"
	next := 0
	var fetched chan page // nil while no fetch is under way
	for {
		if fetched == nil && len(pending) < 3 && next < len(f.pages) {
			fetched = make(chan page, 1)
			go func(fetched chan<- page, p page) { fetched <- p }(fetched, f.pages[next])
			next++
		}
		var ready chan<- string
		var first string
		if len(pending) > 0 {
			ready = updates
			first = pending[0]
		}
		select {
		case p := <-fetched:
			fetched = nil
			if p.err != "" {
				err = f.name + ": " + p.err
			}
			for _, item := range p.items {
				if !seen[item] {
					seen[item] = true
					pending = append(pending, f.name+": "+item)
				}
			}
		case ready <- first:
			pending = pending[1:]
		case answer := <-closing:
			close(updates)
			answer <- err
			return
		}
	}
}

func subscribe(f feed) subscription {
	updates := make(chan string)
	closing := make(chan chan string)
	go readFeed(f, updates, closing)
	return subscription{updates, closing}
}

func merge(a, b subscription) subscription {
	updates := make(chan string)
	closing := make(chan chan string)
	quit := make(chan struct{})
	for _, s := range []subscription{a, b} {
		s := s
		go func() {
			for item := range s.updates {
				select {
				case updates <- item:
				case <-quit:
					return
				}
			}
		}()
	}
	go func() {
		answer := <-closing
		close(quit)
		err := a.close()
		answer <- err + "; " + b.close()
	}()
	return subscription{updates, closing}
}

func main() {
	weather := feed{"weather", []page{
		{[]string{"rain", "wind"}, ""}, {[]string{"wind", "hail"}, ""}, {[]string{"sun"}, ""}}}
	sports := feed{"sports", []page{
		{[]string{"a draw"}, ""}, {nil, "page 2 not found"}, {[]string{"a goal"}, ""}}}
	news := merge(subscribe(weather), subscribe(sports))
	var read []string
	for len(read) < 6 {
		read = append(read, <-news.updates)
	}
	sort.Strings(read)
	for _, item := range read {
		fmt.Println(item)
	}
	fmt.Printf("closed: %s\n", news.close())
}
