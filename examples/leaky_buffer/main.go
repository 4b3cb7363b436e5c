// Buffers that have been used wait in a channel to be used again. When it is empty, a new one is
// made; when it is full, the buffer is dropped. Both are a select with a default.
// After "A leaky buffer" in "Effective Go".
package main

import (
	"bytes"
	"fmt"
)

type freeList struct {
	made, reused, dropped int
	spare                 chan *bytes.Buffer
}

func (f *freeList) take() *bytes.Buffer {
	select {
	case b := <-f.spare:
		f.reused++
		b.Reset()
		return b
	default:
		f.made++
		return new(bytes.Buffer)
	}
}

func (f *freeList) giveBack(b *bytes.Buffer) {
	select {
	case f.spare <- b:
	default:
		f.dropped++
	}
}

func main() {
	buffers := freeList{spare: make(chan *bytes.Buffer, 2)}
	for _, inUse := range []int{1, 1, 3, 1} {
		full := make(chan *bytes.Buffer, inUse)
		for i := 0; i < inUse; i++ {
			b := buffers.take()
			fmt.Fprintf(b, "message %d", i+1)
			full <- b
		}
		close(full)
		for b := range full {
			fmt.Println(b.String())
			buffers.giveBack(b)
		}
	}
	fmt.Printf("%d made, %d used again, %d dropped\n", buffers.made, buffers.reused, buffers.dropped)
}
