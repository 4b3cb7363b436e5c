// The workloads of bench/workloads in Go: the same work, the same counts, measured the same way.
//
// usage: main [WORKLOAD...]
//
// Prints a line a workload: its name, the count of operations, and nanoseconds per operation. As
// wide as GOMAXPROCS says. Each count is that of the C++ twin; bench/run checks that they agree.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

type workload struct {
	name    string
	count   int
	cold    bool // measured from the first operation; else a tenth of the count is performed before
	perform func(count int)
}

var workloads = []workload{
	{name: "yield", count: 4_000_000, perform: yield},
	{name: "spawn_join", count: 1_000_000, cold: true, perform: spawnJoin},
	{name: "spawn_wait", count: 1_000_000, perform: spawnWait},
	{name: "ping_pong", count: 1_000_000, perform: pingPong},
	{name: "buffered_1x1", count: 8_000_000, perform: manyToMany(1, 128)},
	{name: "buffered_4x4", count: 4_000_000, perform: manyToMany(4, 128)},
	{name: "unbuffered_4x4", count: 2_000_000, perform: manyToMany(4, 0)},
	{name: "unbuffered_100x100", count: 2_000_000, perform: manyToMany(100, 0)},
	{name: "select_2", count: 2_000_000, perform: select2},
	{name: "select_default_1", count: 50_000_000, perform: selectDefault1},
	{name: "select_default_2", count: 5_000_000, perform: selectDefault2},
	{name: "mutex_alone", count: 20_000_000, perform: mutexAlone},
}

// sink is where results go that nobody needs.
var sink int

func yield(count int) {
	const goroutines = 16
	share := count / goroutines
	var all sync.WaitGroup
	all.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func() {
			for n := 0; n < share; n++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
}

func spawnJoin(count int) {
	var all sync.WaitGroup
	all.Add(count)
	for n := 0; n < count; n++ {
		go func() { all.Done() }()
	}
	all.Wait()
}

func spawnWait(count int) {
	var one sync.WaitGroup
	for n := 0; n < count; n++ {
		one.Add(1)
		go func() { one.Done() }()
		one.Wait()
	}
}

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

func select2(count int) {
	a := make(chan int)
	b := make(chan int)
	for _, c := range []chan int{a, b} {
		go func(c chan int, share int) {
			for n := 0; n < share; n++ {
				c <- n
			}
		}(c, count/2)
	}
	sum := 0
	for n := 0; n < count; n++ {
		select {
		case value := <-a:
			sum += value
		case value := <-b:
			sum -= value
		}
	}
	if sum != 0 {
		panic("select_2: a message was lost")
	}
}

func selectDefault1(count int) {
	c := make(chan int)
	nothing := 0
	for n := 0; n < count; n++ {
		select {
		case <-c:
		default:
			nothing++
		}
	}
	sink = nothing
}

func selectDefault2(count int) {
	a := make(chan int)
	b := make(chan int)
	nothing := 0
	for n := 0; n < count; n++ {
		select {
		case <-a:
		case <-b:
		default:
			nothing++
		}
	}
	sink = nothing
}

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

func (w workload) measure() {
	if !w.cold {
		w.perform(w.count / 10)
	}
	began := time.Now()
	w.perform(w.count)
	took := time.Since(began)
	fmt.Printf("%s %d %.4f\n", w.name, w.count, float64(took.Nanoseconds())/float64(w.count))
}

func main() {
	if len(os.Args) == 1 {
		for _, w := range workloads {
			w.measure()
		}
	}
next:
	for _, name := range os.Args[1:] {
		for _, w := range workloads {
			if w.name == name {
				w.measure()
				continue next
			}
		}
		fmt.Fprintln(os.Stderr, "there is no workload called", name)
		os.Exit(2)
	}
}
