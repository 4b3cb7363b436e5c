// The workloads of bench/workloads in Go: the same work, the same counts, measured the same way.
//
// usage: go_bench WORKLOAD | --list
//
// Prints the count of its operations, and its figures, each a line of "name value unit". As wide as
// GOMAXPROCS says. Each count is that of the C++ twin; the harness checks that they agree.
package main

import (
	"fmt"
	"os"
	"time"
)

type start int

const (
	warm  start = iota // a tenth of the count is performed before, and not measured
	cold               // measured from the first operation
	byOwn              // performed once; it measures itself, and calls report
)

type workload struct {
	name    string
	count   int
	perform func(count int)
	from    start
	all     bool // milliseconds for all of the operations; else nanoseconds for each
}

var workloads = []workload{
	{name: "yield", count: 10_000_000, perform: yield},
	{name: "spawn_join", count: 1_000_000, perform: spawnJoin, from: cold},
	{name: "spawn_wait", count: 1_000_000, perform: spawnWait},
	{name: "skynet", count: 1_000_000, perform: skynet, from: cold, all: true},
	{name: "parked_million", count: 1_000_000, perform: parkedMillion, from: byOwn},

	{name: "ping_pong", count: 2_000_000, perform: pingPong},
	{name: "buffered_1x1", count: 16_000_000, perform: manyToMany(1, 128)},
	{name: "buffered_4x4", count: 8_000_000, perform: manyToMany(4, 128)},
	{name: "buffered_100x100", count: 8_000_000, perform: manyToMany(100, 128)},
	{name: "unbuffered_4x4", count: 2_000_000, perform: manyToMany(4, 0)},
	{name: "unbuffered_100x100", count: 2_000_000, perform: manyToMany(100, 0)},
	{name: "contended_channel", count: 8_000_000, perform: manyToMany(16, 128)},
	{name: "sieve", count: 2_000, perform: sieve, from: cold, all: true},
	{name: "ring", count: 2_000_000, perform: ring},

	{name: "select_2", count: 2_000_000, perform: selectOf2(false)},
	{name: "select_2_turns", count: 2_000_000, perform: selectOf2(true)},
	{name: "select_8", count: 1_600_000, perform: selectOf8(false)},
	{name: "select_8_turns", count: 1_600_000, perform: selectOf8(true)},
	{name: "select_default_1", count: 50_000_000, perform: selectDefault1},
	{name: "select_default_2", count: 5_000_000, perform: selectDefault2},

	{name: "mutex_alone", count: 20_000_000, perform: mutexAlone},
	{name: "mutex_contended", count: 4_000_000, perform: mutexContended},
	{name: "parallel_work", count: 80_000, perform: parallelWork, all: true},

	{name: "sleepers", count: 100_000, perform: sleepers, from: byOwn},
	{name: "timer_start_stop", count: 2_000_000, perform: timerStartStop},
	{name: "time_after", count: 1_000_000, perform: timeAfter},
	{name: "select_timeout", count: 2_000_000, perform: timeAfter}, // Go has no other way to say it

	{name: "pread", count: 200_000, perform: pread},
	{name: "wake_outside", count: 3_000, perform: wakeOutside, from: byOwn},
	{name: "idle_cpu", count: 1_000, perform: idleCPU, from: byOwn},
}

// sink is where results go that nobody needs.
var sink int

func report(name string, value float64, unit string) {
	fmt.Printf("%s %.4f %s\n", name, value, unit)
}

func (w workload) measure() {
	fmt.Printf("count %d operations\n", w.count)
	if w.from == byOwn {
		w.perform(w.count)
		return
	}
	if w.from == warm {
		w.perform(w.count / 10)
	}
	began := time.Now()
	w.perform(w.count)
	took := float64(time.Since(began).Nanoseconds())
	if w.all {
		report(w.name, took/1e6, "ms")
	} else {
		report(w.name, took/float64(w.count), "ns")
	}
}

func main() {
	if len(os.Args) == 2 {
		for _, w := range workloads {
			if os.Args[1] == "--list" {
				fmt.Println(w.name)
			} else if os.Args[1] == w.name {
				w.measure()
				return
			}
		}
		if os.Args[1] == "--list" {
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: go_bench WORKLOAD | --list")
	os.Exit(2)
}
