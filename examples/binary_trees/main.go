// Tells whether two trees of different shape hold the same values: a goroutine walks each tree,
// and the values are compared as they come. When they differ, closing a channel ends both walks.
// After the exercise "Equivalent Binary Trees" in A Tour of Go.
package main

import "fmt"

type tree struct {
	value       int
	left, right *tree
}

func insert(t *tree, value int) *tree {
	switch {
	case t == nil:
		return &tree{value: value}
	case value < t.value:
		t.left = insert(t.left, value)
	default:
		t.right = insert(t.right, value)
	}
	return t
}

func makeTree(values ...int) *tree {
	var t *tree
	for _, value := range values {
		t = insert(t, value)
	}
	return t
}

// Sends the values of t in order; false when it was told to quit.
func sendValues(t *tree, values chan<- int, quit <-chan struct{}) bool {
	if t == nil {
		return true
	}
	if !sendValues(t.left, values, quit) {
		return false
	}
	select {
	case values <- t.value:
	case <-quit:
		return false
	}
	return sendValues(t.right, values, quit)
}

func walk(t *tree, quit <-chan struct{}) <-chan int {
	values := make(chan int)
	go func() {
		sendValues(t, values, quit)
		close(values)
	}()
	return values
}

func same(a, b *tree) bool {
	quit := make(chan struct{})
	defer close(quit)
	valuesA := walk(a, quit)
	valuesB := walk(b, quit)
	for {
		x, okA := <-valuesA
		y, okB := <-valuesB
		if x != y || okA != okB {
			return false
		}
		if !okA {
			return true
		}
	}
}

func verdict(same bool) string {
	if same {
		return "same"
	}
	return "different"
}

func main() {
	a := makeTree(8, 5, 13, 3, 1, 2, 21)
	b := makeTree(1, 2, 3, 5, 8, 13, 21)
	c := makeTree(1, 2, 4, 5, 8, 13, 21)
	d := makeTree(1, 2, 3, 5, 8, 13)

	for value := range walk(a, nil) {
		fmt.Println(value)
	}
	fmt.Printf("a and b: %s\n", verdict(same(a, b)))
	fmt.Printf("a and c: %s\n", verdict(same(a, c)))
	fmt.Printf("a and d: %s\n", verdict(same(a, d)))
}
