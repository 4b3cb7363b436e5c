// A chat for two: who comes finds a partner, or waits for one. Each is offered on a channel and
// looks for another on the same channel; a select decides which of the two it is. What one says
// goes straight to the other, over pipes in memory in place of a network.
// After the talk "Go: code that grows with grace" of Andrew Gerrand.
package main

import (
	"fmt"
	"io"
)

// Both directions of a connection, as one end sees them.
type connection struct {
	in  *io.PipeReader
	out *io.PipeWriter
}

func (c connection) line() string {
	text := ""
	b := make([]byte, 1)
	for {
		if n, _ := c.in.Read(b); n != 1 || b[0] == '\n' {
			return text
		}
		text += string(b)
	}
}

func (c connection) say(text string) {
	fmt.Fprintln(c.out, text)
}

func chat(a, b connection) {
	go b.say("you are connected")
	a.say("you are connected")
	ended := make(chan struct{}, 2)
	go func() {
		io.Copy(a.out, b.in)
		ended <- struct{}{}
	}()
	go func() {
		io.Copy(b.out, a.in)
		ended <- struct{}{}
	}()
	<-ended // one of them has left
	a.out.Close()
	b.out.Close()
}

func match(partner chan connection, c connection) {
	c.say("waiting for a partner")
	select {
	case partner <- c: // somebody else looks after both
	case other := <-partner:
		chat(other, c)
	}
}

func dial(partner chan connection) connection {
	upIn, upOut := io.Pipe()
	downIn, downOut := io.Pipe()
	go match(partner, connection{upIn, downOut})
	return connection{downIn, upOut}
}

func main() {
	partner := make(chan connection)
	ann := dial(partner)
	fmt.Printf("ann: %s\n", ann.line())
	bob := dial(partner)
	fmt.Printf("bob: %s\n", bob.line())
	fmt.Printf("ann: %s\n", ann.line())
	fmt.Printf("bob: %s\n", bob.line())

	ann.say("hello, who is there?")
	fmt.Printf("bob reads: %s\n", bob.line())
	bob.say("it is bob")
	fmt.Printf("ann reads: %s\n", ann.line())
	bob.out.Close()
	fmt.Printf("ann reads: \"%s\", bob has left\n", ann.line())
}
