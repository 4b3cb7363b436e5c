// What goes through a channel changes hands: a pointer is sent, and only custom says that the
// sender must not use it any longer.
package main

import "fmt"

type parcel struct {
	label string
}

func station(stamp string, in <-chan *parcel, out chan<- *parcel) {
	for p := range in {
		p.label += " > " + stamp
		out <- p
	}
	close(out)
}

func main() {
	start := make(chan *parcel)
	middle := make(chan *parcel)
	finish := make(chan *parcel)
	go station("packed", start, middle)
	go station("shipped", middle, finish)
	go func() {
		for _, content := range []string{"book", "lamp", "chair"} {
			start <- &parcel{content}
		}
		close(start)
	}()
	for p := range finish {
		fmt.Println(p.label)
	}
}
