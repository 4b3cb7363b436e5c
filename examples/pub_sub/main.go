// A hub passes each message on to everybody who subscribed to its topic. One goroutine owns the
// list of subscribers, so nothing needs a lock.
// After the publish-subscribe pattern; each reader's mail is printed when all is over.
package main

import "fmt"

type mailbox chan string

type subscription struct {
	topic string
	to    mailbox
}

type message struct {
	topic string
	text  string
}

type hub struct {
	subscriptions chan subscription
	messages      chan message
}

func newHub() hub {
	h := hub{make(chan subscription), make(chan message)}
	go h.serve()
	return h
}

func (h hub) subscribe(topic string) mailbox {
	to := make(mailbox, 10)
	h.subscriptions <- subscription{topic, to}
	return to
}

func (h hub) publish(topic, text string) { h.messages <- message{topic, text} }

func (h hub) close() { close(h.messages) }

func (h hub) serve() {
	readers := make(map[string][]mailbox)
	for {
		select {
		case s := <-h.subscriptions:
			readers[s.topic] = append(readers[s.topic], s.to)
		case m, more := <-h.messages:
			if !more {
				for _, boxes := range readers {
					for _, reader := range boxes {
						close(reader)
					}
				}
				return
			}
			for _, reader := range readers[m.topic] {
				reader <- m.text
			}
		}
	}
}

func main() {
	news := newHub()
	ann := news.subscribe("weather")
	joe := news.subscribe("weather")
	eve := news.subscribe("sports")
	news.publish("weather", "rain")
	news.publish("sports", "a draw")
	news.publish("stocks", "up") // nobody reads it
	late := news.subscribe("weather")
	news.publish("weather", "more rain")
	news.close()

	for text := range ann {
		fmt.Printf("Ann reads: %s\n", text)
	}
	for text := range joe {
		fmt.Printf("Joe reads: %s\n", text)
	}
	for text := range eve {
		fmt.Printf("Eve reads: %s\n", text)
	}
	for text := range late {
		fmt.Printf("the late one reads: %s\n", text)
	}
}
