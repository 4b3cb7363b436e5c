// Goroutines that belong together: when one fails the others are told, and whoever waits for them
// learns why, after all of them have ended.
// After package errgroup of golang.org/x/sync.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// What is needed of errgroup, which is not in the standard library.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	slots  chan struct{} // nil: no limit
	wg     sync.WaitGroup
	once   sync.Once
	err    error
}

func newGroup(limit int) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	if limit > 0 {
		g.slots = make(chan struct{}, limit)
	}
	return g
}

func (g *group) goFunc(f func(context.Context) error) {
	if g.slots != nil {
		g.slots <- struct{}{}
	}
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		if err := f(g.ctx); err != nil {
			g.once.Do(func() {
				g.err = err
				g.cancel()
			})
		}
		if g.slots != nil {
			<-g.slots
		}
	}()
}

func (g *group) wait() error {
	g.wg.Wait()
	g.cancel()
	return g.err
}

func main() {
	var told int32
	g := newGroup(0)
	for i := 0; i < 5; i++ {
		g.goFunc(func(ctx context.Context) error {
			<-ctx.Done()
			atomic.AddInt32(&told, 1)
			return nil
		})
	}
	g.goFunc(func(context.Context) error { return errors.New("the disk is full") })
	if err := g.wait(); err != nil {
		fmt.Printf("%s; %d others were told and have ended\n", err, told)
	} else {
		fmt.Println("all went well")
	}

	g = newGroup(3) // at a time
	var sum int32
	for i := 1; i <= 10; i++ {
		i := i
		g.goFunc(func(context.Context) error {
			atomic.AddInt32(&sum, int32(i*i))
			return nil
		})
	}
	g.wait()
	fmt.Printf("and without a failure: %d\n", sum)
}
