// One barber, three chairs to wait on. A customer who finds them taken goes away; the barber sleeps
// while nobody waits.
// After Dijkstra's problem; how many are turned away is open, that nobody gets lost is not.
package main

import "fmt"

type customer struct {
	hairCut chan<- struct{}
}

func main() {
	chairs := make(chan customer, 3)
	closingTime := make(chan int)
	go func() {
		cut := 0
		for c := range chairs {
			cut++
			c.hairCut <- struct{}{}
		}
		closingTime <- cut
	}()

	const visitors = 50
	outcomes := make(chan bool)
	for i := 0; i < visitors; i++ {
		go func() {
			hairCut := make(chan struct{})
			select {
			case chairs <- customer{hairCut}:
				<-hairCut
				outcomes <- true
			default:
				outcomes <- false
			}
		}()
	}
	happy, turnedAway := 0, 0
	for i := 0; i < visitors; i++ {
		if <-outcomes {
			happy++
		} else {
			turnedAway++
		}
	}
	close(chairs)

	cut := <-closingTime
	fmt.Printf("%d visitors\n", happy+turnedAway)
	if cut == happy {
		fmt.Println("each haircut made somebody happy")
	} else {
		fmt.Println("somebody got lost")
	}
	if happy >= 3 {
		fmt.Println("the chairs were used")
	} else {
		fmt.Println("the chairs stood empty")
	}
}
