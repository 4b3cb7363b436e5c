// A request carries the channel on which it wants its answer: remote procedure calls, many at a
// time, with no lock and no numbers to match.
// After "Channels of channels" in "Effective Go".
package main

import "fmt"

type request struct {
	arguments []int
	function  func([]int) int
	answer    chan int
}

func sum(v []int) int {
	s := 0
	for _, n := range v {
		s += n
	}
	return s
}

func product(v []int) int {
	p := 1
	for _, n := range v {
		p *= n
	}
	return p
}

func ask(server chan<- request, arguments []int, function func([]int) int) <-chan int {
	answer := make(chan int, 1)
	server <- request{arguments, function, answer}
	return answer
}

func main() {
	server := make(chan request)
	for i := 0; i < 3; i++ {
		go func() {
			for r := range server {
				r.answer <- r.function(r.arguments)
			}
		}()
	}

	// All are asked before the first answer is looked at.
	a := ask(server, []int{3, 4, 5}, sum)
	b := ask(server, []int{3, 4, 5}, product)
	c := ask(server, nil, sum)
	fmt.Printf("%d %d %d\n", <-a, <-b, <-c)
}
