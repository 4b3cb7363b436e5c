package main

import (
	"os"
	"runtime"
	"sort"
	"sync"
	"syscall"
	"time"
)

const (
	block  = 4_096
	blocks = 256
)

// makeFile makes a file of that many blocks that has no name.
func makeFile() *os.File {
	file, err := os.CreateTemp("", "offset_bench_")
	if err != nil {
		panic(err)
	}
	os.Remove(file.Name())
	if _, err := file.Write(make([]byte, block*blocks)); err != nil {
		panic(err)
	}
	return file
}

func pread(count int) {
	const goroutines = 100
	share := count / goroutines
	file := makeFile()
	var all sync.WaitGroup
	all.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func(i int) {
			buffer := make([]byte, block)
			for n := 0; n < share; n++ {
				if _, err := file.ReadAt(buffer, int64((i+n)%blocks*block)); err != nil {
					panic(err)
				}
			}
			all.Done()
		}(i)
	}
	all.Wait()
	file.Close()
}

// wakeOutside has a goroutine with a thread of its own for the thread that is not the runtime's: it
// sleeps in a system call, in which Go does not count it, and waits on a channel as the other does.
func wakeOutside(count int) {
	sent := make(chan time.Time)
	seen := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		length := syscall.NsecToTimespec((200 * time.Microsecond).Nanoseconds())
		for n := 0; n < count; n++ {
			// Long enough for the runtime's threads to fall asleep.
			syscall.Nanosleep(&length, nil)
			sent <- time.Now()
			<-seen
		}
		close(sent)
	}()
	var took []float64
	for at := range sent {
		took = append(took, float64(time.Since(at).Nanoseconds())/1e3)
		seen <- struct{}{}
	}
	sort.Float64s(took)
	report("wake_outside_p50", took[len(took)/2], "µs")
	report("wake_outside_p99", took[len(took)*99/100], "µs")
}

// used returns the milliseconds of CPU that the process has used.
func used() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}

func idleCPU(count int) {
	never := make(chan struct{})
	for i := 0; i < count; i++ {
		go func() { <-never }()
	}
	time.Sleep(100 * time.Millisecond)
	before := used()
	time.Sleep(10 * time.Second)
	report("idle_cpu", used()-before, "ms")
}
