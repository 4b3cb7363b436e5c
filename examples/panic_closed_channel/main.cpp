// Only the sender may close a channel. Here the receiver does, and the sender, which nobody told,
// panics: it throws offset::closed_channel, and nobody catches it.
// After the rule in "Range and Close" in A Tour of Go.
#include <cstdio>
#include <offset/offset.hpp>

void count(offset::send_chan<int> numbers) {
  for (int i = 1;; ++i) numbers.send(i);
}

int main() {
  return offset::run([] {
    auto numbers = offset::make_chan<int>();
    offset::go(count, numbers);
    for (int i = 0; i < 3; ++i) std::printf("%d\n", numbers.recv().value());

    std::puts("enough");
    numbers.close();
    offset::make_chan<void>().recv();  // waits for ever
  });
}
