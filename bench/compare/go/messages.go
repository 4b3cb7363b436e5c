package main

import "sync"

func pingPong(count int) {
	ping := make(chan int)
	pong := make(chan int)
	go func() {
		for value := range ping {
			pong <- value
		}
	}()
	for n := 0; n < count; n++ {
		ping <- n
		<-pong
	}
	close(ping)
}

func manyToMany(width, capacity int) func(int) {
	return func(count int) {
		messages := make(chan int, capacity)
		share := count / width
		var all sync.WaitGroup
		all.Add(2 * width)
		for i := 0; i < width; i++ {
			go func() {
				for n := 0; n < share; n++ {
					messages <- n
				}
				all.Done()
			}()
			go func() {
				for n := 0; n < share; n++ {
					<-messages
				}
				all.Done()
			}()
		}
		all.Wait()
	}
}

func ring(count int) {
	const goroutines = 10_000
	first := make(chan int)
	from := first
	for i := 1; i < goroutines; i++ {
		to := make(chan int)
		go func(from, to chan int) {
			for value := range from {
				to <- value
			}
			close(to)
		}(from, to)
		from = to
	}
	// The caller is the last of the ring.
	for rounds := count / goroutines; rounds > 0; rounds-- {
		first <- rounds
		<-from
	}
	close(first)
}

func filter(in, out chan int, prime int) {
	for n := range in {
		if n%prime != 0 {
			out <- n
		}
	}
}

func sieve(count int) {
	numbers := make(chan int)
	go func(numbers chan int) {
		for n := 2; ; n++ {
			numbers <- n
		}
	}(numbers)
	prime := 0
	for found := 0; found < count; found++ {
		prime = <-numbers
		rest := make(chan int)
		go filter(numbers, rest, prime)
		numbers = rest
	}
	if prime != 17_389 {
		panic("sieve: that is not the 2,000th prime")
	}
}
