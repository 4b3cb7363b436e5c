// A context carries what belongs to a request, such as the user's name, down through functions that
// do not care. The key has a type of its own, so nobody else's value can be taken for it.
// After the example of WithValue in the documentation of Go's package context.
package main

import (
	"context"
	"fmt"
)

type key int

const (
	user key = iota
	trace
)

func log(ctx context.Context, text string) {
	name, ok := ctx.Value(user).(string)
	if !ok {
		name = "nobody"
	}
	number, _ := ctx.Value(trace).(int)
	fmt.Printf("[%s %d] %s\n", name, number, text)
}

func handle(ctx context.Context) {
	log(ctx, "hello")
	again := context.WithValue(ctx, user, "root") // hides the outer one
	log(again, "hello again")
	log(ctx, "bye")
}

func main() {
	background := context.Background()
	log(background, "nothing is known")
	request := context.WithValue(background, trace, 7)
	log(request, "a request comes in")
	done := make(chan struct{})
	go func() {
		handle(context.WithValue(request, user, "ann"))
		done <- struct{}{}
	}()
	<-done
}
