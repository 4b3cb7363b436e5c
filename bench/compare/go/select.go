package main

// produce starts those who send count numbers, as many to each channel: a goroutine for each, or
// one that sends to all of them in turns.
func produce(channels []chan int, count int, inTurns bool) {
	share := count / len(channels)
	if inTurns {
		go func() {
			for n := 0; n < share; n++ {
				for _, c := range channels {
					c <- n
				}
			}
		}()
		return
	}
	for _, c := range channels {
		go func(c chan int) {
			for n := 0; n < share; n++ {
				c <- n
			}
		}(c)
	}
}

func checkSum(sum int) {
	if sum != 0 {
		panic("select: a message was lost")
	}
}

func selectOf2(inTurns bool) func(int) {
	return func(count int) {
		a := make(chan int)
		b := make(chan int)
		produce([]chan int{a, b}, count, inTurns)
		sum := 0
		for n := 0; n < count; n++ {
			select {
			case value := <-a:
				sum += value
			case value := <-b:
				sum -= value
			}
		}
		checkSum(sum)
	}
}

func selectOf8(inTurns bool) func(int) {
	return func(count int) {
		var c [8]chan int
		for i := range c {
			c[i] = make(chan int)
		}
		produce(c[:], count, inTurns)
		c0, c1, c2, c3, c4, c5, c6, c7 := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
		sum := 0
		for n := 0; n < count; n++ {
			select {
			case value := <-c0:
				sum += value
			case value := <-c1:
				sum -= value
			case value := <-c2:
				sum += value
			case value := <-c3:
				sum -= value
			case value := <-c4:
				sum += value
			case value := <-c5:
				sum -= value
			case value := <-c6:
				sum += value
			case value := <-c7:
				sum -= value
			}
		}
		checkSum(sum)
	}
}

func selectDefault1(count int) {
	c := make(chan int)
	nothing := 0
	for n := 0; n < count; n++ {
		select {
		case <-c:
		default:
			nothing++
		}
	}
	sink = nothing
}

func selectDefault2(count int) {
	a := make(chan int)
	b := make(chan int)
	nothing := 0
	for n := 0; n < count; n++ {
		select {
		case <-a:
		case <-b:
		default:
			nothing++
		}
	}
	sink = nothing
}
