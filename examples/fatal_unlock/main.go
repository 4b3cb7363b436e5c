// Unlocking a mutex that nobody has locked is no panic but fatal: it cannot be recovered, because
// whatever the mutex guards may be broken already.
// After the documentation of Go's sync.Mutex.
package main

import (
	"fmt"
	"sync"
)

func main() {
	defer func() {
		recover()
		fmt.Println("never printed")
	}()
	var mutex sync.Mutex
	mutex.Lock()
	mutex.Unlock()
	fmt.Println("locked and unlocked")
	mutex.Unlock()
}
