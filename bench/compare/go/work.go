package main

import "sync"

// work is what no compiler shortens and no CPU overlaps, the same in every language: steps of an
// xorshift generator, each of which waits for the one before.
func work(seed uint64, steps int) uint64 {
	for i := 0; i < steps; i++ {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
	}
	return seed
}

const stepsIn100ns = 60

func mutexAlone(count int) {
	var mutex sync.Mutex
	guarded := 0
	for n := 0; n < count; n++ {
		mutex.Lock()
		guarded++
		mutex.Unlock()
	}
	sink = guarded
}

func mutexContended(count int) {
	const goroutines = 8
	share := count / goroutines
	var mutex sync.Mutex
	guarded := uint64(1)
	var all sync.WaitGroup
	all.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func() {
			for n := 0; n < share; n++ {
				mutex.Lock()
				guarded = work(guarded, stepsIn100ns)
				mutex.Unlock()
			}
			all.Done()
		}()
	}
	all.Wait()
	sink = int(guarded)
}

func parallelWork(count int) {
	const goroutines = 8
	share := count / goroutines
	var all sync.WaitGroup
	all.Add(2 * goroutines)
	var sums [goroutines]uint64
	for i := 0; i < goroutines; i++ {
		results := make(chan uint64)
		go func() {
			value := uint64(1)
			for n := 0; n < share; n++ {
				value = work(value, 100*stepsIn100ns)
				results <- value
			}
			close(results)
			all.Done()
		}()
		go func(i int) {
			sum := uint64(0)
			for value := range results {
				sum += value
			}
			sums[i] = sum
			all.Done()
		}(i)
	}
	all.Wait()
	sink = int(sums[0])
}
