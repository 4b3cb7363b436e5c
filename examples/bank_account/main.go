// One goroutine, the teller, owns the balance; the others deposit, withdraw and ask by channel. A
// withdrawal is answered: there may be too little.
// After the bank of "The Go Programming Language", chapter 9.
package main

import (
	"fmt"
	"sync"
)

type withdrawal struct {
	amount int64
	paid   chan bool
}

type account struct {
	deposits    chan int64
	withdrawals chan withdrawal
	balances    chan int64
}

func newAccount() account {
	a := account{make(chan int64), make(chan withdrawal), make(chan int64)}
	go func() {
		balance := int64(0)
		for {
			select {
			case amount := <-a.deposits:
				balance += amount
			case w := <-a.withdrawals:
				enough := w.amount <= balance
				if enough {
					balance -= w.amount
				}
				w.paid <- enough
			case a.balances <- balance:
			}
		}
	}()
	return a
}

func (a account) deposit(amount int64) { a.deposits <- amount }

func (a account) withdraw(amount int64) bool {
	w := withdrawal{amount, make(chan bool)}
	a.withdrawals <- w
	return <-w.paid
}

func (a account) balance() int64 { return <-a.balances }

func main() {
	savings := newAccount()
	var wg sync.WaitGroup
	for i := int64(1); i <= 100; i++ {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			savings.deposit(i)
		}()
	}
	wg.Wait()
	fmt.Printf("balance %d\n", savings.balance())
	for _, amount := range []int64{5000, 51, 50} {
		answer := "too little"
		if savings.withdraw(amount) {
			answer = "paid"
		}
		fmt.Printf("withdraw %d: %s\n", amount, answer)
	}
	fmt.Printf("balance %d\n", savings.balance())
}
