// Five philosophers share five forks, and each needs two to eat. Whoever takes the fork with the
// lower number first cannot be part of a deadlock.
// After Dijkstra's problem; who eats when is open, how often is not.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	names := []string{"Plato", "Kant", "Hume", "Hegel", "Arendt"}
	seats := len(names)
	forks := make([]sync.Mutex, seats)
	meals := make([]int, seats)
	inUse := make([]bool, seats)
	var table sync.WaitGroup
	for seat := 0; seat < seats; seat++ {
		table.Add(1)
		go func(seat int) {
			defer table.Done()
			low, high := seat, (seat+1)%seats
			if low > high {
				low, high = high, low
			}
			for i := 0; i < 20; i++ {
				forks[low].Lock()
				forks[high].Lock()
				if inUse[low] || inUse[high] {
					fmt.Println("a fork in two hands")
				}
				inUse[low], inUse[high] = true, true
				meals[seat]++
				runtime.Gosched() // eats
				inUse[low], inUse[high] = false, false
				forks[high].Unlock()
				forks[low].Unlock()
			}
		}(seat)
	}
	table.Wait()
	for seat, name := range names {
		fmt.Printf("%s ate %d times\n", name, meals[seat])
	}
}
