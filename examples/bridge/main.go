// A channel of channels, read as if it were one: each is emptied before the next is looked at.
// After the bridge channel of Katherine Cox-Buday's "Concurrency in Go".
package main

import "fmt"

func bridge[T any](channels <-chan <-chan T) <-chan T {
	out := make(chan T)
	go func() {
		for channel := range channels {
			for value := range channel {
				out <- value
			}
		}
		close(out)
	}()
	return out
}

// The lines of a chapter, which its own goroutine writes.
func chapter(number int) <-chan string {
	lines := make(chan string)
	go func() {
		for line := 1; line <= 3; line++ {
			lines <- fmt.Sprintf("chapter %d, line %d", number, line)
		}
		close(lines)
	}()
	return lines
}

func main() {
	chapters := make(chan (<-chan string))
	go func() {
		for number := 1; number <= 3; number++ {
			chapters <- chapter(number)
		}
		close(chapters)
	}()
	for line := range bridge(chapters) {
		fmt.Println(line)
	}
}
