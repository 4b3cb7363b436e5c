package main

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

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

func node(up chan int, number, leaves int) {
	if leaves == 1 {
		up <- number
		return
	}
	children := make(chan int)
	share := leaves / 10
	for i := 0; i < 10; i++ {
		go node(children, number+i*share, share)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-children
	}
	up <- sum
}

func skynet(count int) {
	result := make(chan int)
	go node(result, 0, count)
	if <-result != count*(count-1)/2 {
		panic("skynet: a wrong sum")
	}
}

// occupied returns the bytes that the process occupies now.
func occupied() float64 {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		panic(err)
	}
	defer status.Close()
	kilobytes := 0.0
	for lines := bufio.NewScanner(status); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if fields[0] == "VmRSS:" || fields[0] == "VmPTE:" {
			value, _ := strconv.ParseFloat(fields[1], 64)
			kilobytes += value
		}
	}
	return kilobytes * 1024
}

func parkedMillion(count int) {
	goroutines := float64(count)
	gate := make(chan struct{})
	var begun, ended sync.WaitGroup
	begun.Add(count)
	ended.Add(count)
	before := occupied()
	began := time.Now()
	for i := 0; i < count; i++ {
		go func() {
			begun.Done()
			<-gate
			ended.Done()
		}()
	}
	begun.Wait()
	created := time.Since(began)
	bytes := occupied() - before
	began = time.Now()
	close(gate)
	ended.Wait()
	woken := time.Since(began)
	report("parked_bytes", bytes/goroutines, "B")
	report("parked_create", float64(created.Nanoseconds())/goroutines, "ns")
	report("parked_wake", float64(woken.Nanoseconds())/goroutines, "ns")
}
