// One goroutine writes as to a file, another reads as from one, and between them is a pipe in
// memory: a write has returned when its bytes have been read. What ends the writer ends the reader.
// After the example of io.Pipe in Go's documentation.
package main

import (
	"fmt"
	"io"
)

func main() {
	{
		reader, writer := io.Pipe()
		go func() {
			for i := 1; i <= 3; i++ {
				fmt.Fprintf(writer, "line %d\n", i)
			}
			writer.Close()
		}()
		all, _ := io.ReadAll(reader)
		fmt.Print(string(all))
	}
	{
		reader, writer := io.Pipe()
		done := make(chan struct{})
		go func() {
			n, err := writer.Write([]byte("0123456789"))
			fmt.Printf("wrote %d of 10: %s\n", n, err)
			close(done)
		}()
		some := make([]byte, 4)
		n, _ := reader.Read(some)
		fmt.Printf("read %s\n", some[:n])
		reader.Close()
		<-done
	}
}
