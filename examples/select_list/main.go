// A select over as many channels as there happen to be. A case of a nil channel is never ready:
// that is how one that is closed is taken out.
// After the documentation of Go's reflect.Select.
package main

import (
	"fmt"
	"reflect"
)

func multiples(of, count int) <-chan int {
	out := make(chan int)
	go func() {
		for i := 1; i <= count; i++ {
			out <- of * i
		}
		close(out)
	}()
	return out
}

func main() {
	const count = 6
	totals := make([]int64, count)
	var cases []reflect.SelectCase
	for i := 0; i < count; i++ {
		source := reflect.ValueOf(multiples(i+1, 10))
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: source})
	}

	for open := count; open > 0; {
		chosen, value, ok := reflect.Select(cases)
		if ok {
			totals[chosen] += value.Int()
		} else {
			cases[chosen].Chan = reflect.Value{}
			open--
		}
	}
	for i, total := range totals {
		fmt.Printf("source %d: %d\n", i+1, total)
	}
}
