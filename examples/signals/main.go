// Signals come as values on a channel, and nothing else happens to the program: here two that ask
// for a report, and one that ends it. The program sends them to itself, in place of somebody at the
// keyboard.
// After "Signals" of Go by Example.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGUSR1)

	reported := make(chan int)
	go func() {
		for n := 1; ; n++ {
			s := <-signals
			if s != syscall.SIGUSR1 {
				fmt.Printf("%s: exiting\n", s)
				close(reported)
				return
			}
			reported <- n
		}
	}()

	fmt.Println("awaiting a signal")
	for i := 0; i < 2; i++ {
		syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
		fmt.Printf("report %d\n", <-reported)
	}
	syscall.Kill(syscall.Getpid(), syscall.SIGINT)
	<-reported
}
