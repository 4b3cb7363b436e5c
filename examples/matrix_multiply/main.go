// Multiplies two matrices in a grid of goroutines. Rows flow in from the west, columns from the
// north; each cell multiplies what meets in it, adds it up, and passes it on to the east and south.
// After the systolic array of C. A. R. Hoare's "Communicating Sequential Processes".
package main

import "fmt"

const size = 3

type matrix [size][size]int

var (
	a = matrix{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}
	b = matrix{{2, 0, 1}, {0, 3, 0}, {1, 0, 2}}
)

func cell(west, north <-chan int, east, south, result chan<- int) {
	sum := 0
	for x := range west {
		y := <-north
		sum += x * y
		east <- x
		south <- y
	}
	close(east)
	close(south)
	result <- sum
}

func main() {
	// rows[i][j] leads into cell (i, j) from the west, columns[i][j] from the north; the buffers
	// take what leaves the grid.
	var rows [size][size + 1]chan int
	var columns [size + 1][size]chan int
	for i := 0; i < size; i++ {
		for j := 0; j <= size; j++ {
			rows[i][j] = make(chan int, size)
			columns[j][i] = make(chan int, size)
		}
	}

	var results [size][size]chan int
	for i := 0; i < size; i++ {
		for j := 0; j < size; j++ {
			results[i][j] = make(chan int)
			go cell(rows[i][j], columns[i][j], rows[i][j+1], columns[i+1][j], results[i][j])
		}
	}
	for i := 0; i < size; i++ {
		for k := 0; k < size; k++ {
			rows[i][0] <- a[i][k]
			columns[0][i] <- b[k][i]
		}
		close(rows[i][0])
		close(columns[0][i])
	}
	for _, row := range results {
		for _, result := range row {
			fmt.Printf("%4d", <-result)
		}
		fmt.Println()
	}
}
