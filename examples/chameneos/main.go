// Chameneos meet in pairs, and each takes the colour that complements the two; after a fixed number
// of meetings the place is closed. A creature meets nobody but others, never itself.
// After "chameneos-redux" of the Computer Language Benchmarks Game; who meets whom is open.
package main

import "fmt"

type colour int

const (
	blue colour = iota
	red
	yellow
)

var names = []string{"blue", "red", "yellow"}

func complement(a, b colour) colour {
	if a == b {
		return a
	}
	return blue + red + yellow - a - b
}

type visitor struct {
	number int
	coat   colour
	meets  chan visitor // who the other one is; closed when there will be nobody
}

type diary struct {
	meetings   int
	withItself int
}

func live(me visitor, place chan<- visitor, diaries chan<- diary) {
	var d diary
	for {
		place <- me
		other, ok := <-me.meets
		if !ok {
			break
		}
		d.meetings++
		if other.number == me.number {
			d.withItself++
		}
		me.coat = complement(me.coat, other.coat)
	}
	diaries <- d
}

func runThePlace(place <-chan visitor, meetings int) {
	for i := 0; i < meetings; i++ {
		a := <-place
		b := <-place
		a.meets <- b
		b.meets <- a
	}
	for late := range place {
		close(late.meets)
	}
}

func main() {
	colours := []colour{blue, red, yellow}
	for _, a := range colours {
		for _, b := range colours {
			fmt.Printf("%s + %s -> %s\n", names[a], names[b], names[complement(a, b)])
		}
	}

	for _, coats := range [][]colour{{blue, red, yellow}, {blue, red, yellow, red, yellow, blue}} {
		place := make(chan visitor)
		diaries := make(chan diary)
		go runThePlace(place, 1000)
		for i, coat := range coats {
			go live(visitor{i + 1, coat, make(chan visitor)}, place, diaries)
		}

		var all diary
		for range coats {
			one := <-diaries
			all.meetings += one.meetings
			all.withItself += one.withItself
		}
		close(place)
		fmt.Printf("%d creatures: %d met, %d met itself\n", len(coats), all.meetings, all.withItself)
	}
}
