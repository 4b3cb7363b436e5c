// A chain of goroutines, one per prime found so far, each of which lets through only what its
// prime does not divide.
// After the concurrent prime sieve that comes with Go.
#include <cstdio>
#include <offset/offset.hpp>

void generate(offset::send_chan<int> numbers) {
  for (int i = 2;; ++i) numbers.send(i);
}

void filter(offset::recv_chan<int> in, offset::send_chan<int> out, int prime) {
  for (int number : in)
    if (number % prime != 0) out.send(number);
}

int main() {
  return offset::run([] {
    auto numbers = offset::make_chan<int>();
    offset::go(generate, numbers);
    for (int i = 0; i < 30; ++i) {
      const int prime = numbers.recv().value();
      std::printf("%d\n", prime);
      auto rest = offset::make_chan<int>();
      offset::go(filter, numbers, rest, prime);
      numbers = rest;
    }
  });
}
