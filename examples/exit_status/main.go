// Checks some numbers at the same time; the program's exit status says how many are odd.
// After "Exit" in Go by Example.
package main

import (
	"fmt"
	"os"
)

func main() {
	verdicts := make(chan bool)
	for _, number := range []int{2, 3, 5, 8, 13} {
		number := number
		go func() { verdicts <- number%2 != 0 }()
	}

	odd := 0
	for i := 0; i < 5; i++ {
		if <-verdicts {
			odd++
		}
	}
	fmt.Printf("%d of 5 are odd\n", odd)
	os.Exit(odd)
}
