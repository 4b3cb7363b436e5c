// Conway's game of life, with a goroutine for each cell. In every generation a cell tells its eight
// neighbours whether it lives, hears the same from them, and decides; no clock keeps them in step.
// After John Conway's game; a glider flies across a world whose edges meet.
package main

import "fmt"

const (
	size        = 6
	generations = 4
)

var world = [size]string{".#....", "..#...", "###...", "......", "......", "......"}

type cell struct {
	hears [8]chan bool
	tells [8]chan bool
	shows chan bool
}

func live(c *cell, alive bool) {
	for {
		c.shows <- alive
		for _, neighbour := range c.tells {
			neighbour <- alive
		}
		neighbours := 0
		for _, neighbour := range c.hears {
			if <-neighbour {
				neighbours++
			}
		}
		alive = neighbours == 3 || (alive && neighbours == 2)
	}
}

func main() {
	cells := make([]cell, size*size)
	for y := 0; y < size; y++ {
		for x := 0; x < size; x++ {
			here := &cells[y*size+x]
			here.shows = make(chan bool)
			n := 0
			for dy := size - 1; dy <= size+1; dy++ {
				for dx := size - 1; dx <= size+1; dx++ {
					if dx == size && dy == size {
						continue
					}
					there := &cells[(y+dy)%size*size+(x+dx)%size]
					c := make(chan bool, 1)
					here.tells[n] = c
					there.hears[n] = c
					n++
				}
			}
		}
	}
	for i := range cells {
		go live(&cells[i], world[i/size][i%size] == '#')
	}

	for generation := 0; generation <= generations; generation++ {
		fmt.Printf("generation %d\n", generation)
		for i := range cells {
			if <-cells[i].shows {
				fmt.Print("#")
			} else {
				fmt.Print(".")
			}
			if i%size == size-1 {
				fmt.Println()
			}
		}
	}
}
