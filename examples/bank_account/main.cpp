// One goroutine, the teller, owns the balance; the others deposit, withdraw and ask by channel. A
// withdrawal is answered: there may be too little.
// After the bank of "The Go Programming Language", chapter 9.
#include <cstdio>
#include <offset/offset.hpp>

class account {
 public:
  account() {
    offset::go([deposits = deposits_, withdrawals = withdrawals_, balances = balances_] {
      long balance = 0;
      for (;;) {
        long amount = 0;
        withdrawal w;
        switch (offset::select(deposits.if_recv(amount), withdrawals.if_recv(w),
                               balances.if_send(balance))) {
          case 0: balance += amount; break;
          case 1: {
            const bool enough = w.amount <= balance;
            if (enough) balance -= w.amount;
            w.paid.send(enough);
            break;
          }
          case 2: break;
        }
      }
    });
  }
  void deposit(long amount) const { deposits_.send(amount); }
  bool withdraw(long amount) const {
    const withdrawal w{amount, offset::make_chan<bool>()};
    withdrawals_.send(w);
    return w.paid.recv().value();
  }
  long balance() const { return balances_.recv().value(); }

 private:
  struct withdrawal {
    long amount = 0;
    offset::chan<bool> paid;
  };
  offset::chan<long> deposits_ = offset::make_chan<long>();
  offset::chan<withdrawal> withdrawals_ = offset::make_chan<withdrawal>();
  offset::chan<long> balances_ = offset::make_chan<long>();
};

int main() {
  return offset::run([] {
    const account savings;
    offset::sync::wait_group wg;
    for (int i = 1; i <= 100; ++i) wg.go([&savings, i] { savings.deposit(i); });
    wg.wait();
    std::printf("balance %ld\n", savings.balance());
    for (long amount : {5000L, 51L, 50L})
      std::printf("withdraw %ld: %s\n", amount, savings.withdraw(amount) ? "paid" : "too little");
    std::printf("balance %ld\n", savings.balance());
  });
}
