package main

import (
	"sort"
	"sync"
	"time"
)

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func sleepers(count int) {
	late := make([]time.Duration, count)
	var all sync.WaitGroup
	all.Add(count)
	began := time.Now()
	for i := 0; i < count; i++ {
		go func(i int) {
			// Spread evenly, in an order without a pattern.
			length := time.Duration(1_000+i*7_919%99_001) * time.Microsecond
			asleep := time.Now()
			time.Sleep(length)
			late[i] = time.Since(asleep) - length
			all.Done()
		}(i)
	}
	all.Wait()
	wall := time.Since(began)
	sort.Slice(late, func(i, j int) bool { return late[i] < late[j] })
	report("sleepers_wall", milliseconds(wall), "ms")
	report("sleepers_late_p99", milliseconds(late[len(late)*99/100]), "ms")
}

func timerStartStop(count int) {
	for n := 0; n < count; n++ {
		if !time.NewTimer(time.Hour).Stop() {
			panic("timer_start_stop: it fired")
		}
	}
}

func timeAfter(count int) {
	messages := make(chan int)
	go func() {
		for n := 0; n < count; n++ {
			messages <- n
		}
	}()
	for received := 0; received < count; {
		select {
		case <-messages:
			received++
		case <-time.After(time.Second):
		}
	}
}
