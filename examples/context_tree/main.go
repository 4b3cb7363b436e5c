// Contexts form a tree: cancelling one cancels all that were derived from it, and nobody else.
// After the documentation of Go's package context.
package main

import (
	"context"
	"fmt"
	"sync"
)

func show(name string, ctx context.Context) {
	if ctx.Err() != nil {
		fmt.Printf("%s: %v\n", name, ctx.Err())
	} else {
		fmt.Printf("%s: goes on\n", name)
	}
}

func main() {
	server, stopServer := context.WithCancel(context.Background())
	request, stopRequest := context.WithCancel(server)
	query, stopQuery := context.WithCancel(request)
	other, stopOther := context.WithCancel(server)
	defer stopQuery()
	defer stopOther()

	// A goroutine for each, which ends with its context.
	var ended sync.WaitGroup
	for _, ctx := range []context.Context{server, request, query, other} {
		ended.Add(1)
		go func(ctx context.Context) {
			defer ended.Done()
			<-ctx.Done()
		}(ctx)
	}

	for _, what := range []string{"nothing", "the request", "the server"} {
		switch what {
		case "the request":
			stopRequest()
		case "the server":
			stopServer()
		}
		fmt.Printf("-- %s is stopped\n", what)
		show("server", server)
		show("request", request)
		show("query", query)
		show("other", other)
	}
	ended.Wait()
	fmt.Println("all have ended")
}
