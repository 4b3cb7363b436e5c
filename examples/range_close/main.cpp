// The sender closes the channel when there is nothing more to come; the receiver's loop then ends.
// After "Range and Close" in A Tour of Go and "Range over Channels" in Go by Example.
#include <cstdio>
#include <offset/offset.hpp>
#include <utility>

void fibonacci(int count, offset::chan<long> numbers) {
  long x = 0;
  long y = 1;
  for (int i = 0; i < count; ++i) {
    numbers.send(x);
    x = std::exchange(y, x + y);
  }
  numbers.close();
}

int main() {
  return offset::run([] {
    auto numbers = offset::make_chan<long>(10);
    offset::go(fibonacci, 15, numbers);
    for (long number : numbers) std::printf("%ld\n", number);
    std::puts("closed");
  });
}
