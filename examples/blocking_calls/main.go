// A system call blocks its thread, and only its goroutine waits. So twenty of them block at the
// same time, whatever the number of CPUs.
package main

import (
	"fmt"
	"sync"
	"syscall"
	"time"
)

// Stands for a library that knows nothing of goroutines.
func slowSquare(n int) int {
	left := syscall.NsecToTimespec(int64(100 * time.Millisecond))
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
	return n * n
}

func main() {
	start := time.Now()
	squares := make([]int, 20)
	var wg sync.WaitGroup
	for i := range squares {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			squares[i] = slowSquare(i)
		}()
	}
	wg.Wait()
	elapsed := time.Since(start)
	total := 0
	for _, square := range squares {
		total += square
	}
	fmt.Printf("total %d\n", total)
	if elapsed < 10*100*time.Millisecond {
		fmt.Println("they blocked at the same time")
	} else {
		fmt.Println("one after the other")
	}
}
