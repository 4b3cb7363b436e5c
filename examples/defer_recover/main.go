// What must happen at the end of a function is deferred: it happens in reverse order, and also
// when a panic passes through; a panic that is recovered ends there.
// After "Defer" and "Recover" in Go by Example.
package main

import "fmt"

func open(name string) { fmt.Printf("open %s\n", name) }

func shut(name string) { fmt.Printf("close %s\n", name) }

func copyFile(diskIsFull bool) {
	open("source")
	defer shut("source")
	open("target")
	defer shut("target")
	if diskIsFull {
		panic("disk full")
	}
	fmt.Println("copied")
}

func main() {
	for _, diskIsFull := range []bool{false, true} {
		diskIsFull := diskIsFull
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer func() {
				if reason := recover(); reason != nil {
					fmt.Printf("recovered: %v\n", reason)
				}
			}()
			copyFile(diskIsFull)
		}()
		<-done
	}
}
