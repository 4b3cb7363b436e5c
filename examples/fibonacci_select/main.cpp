// A select waits until it can send the next number or is told to quit, whichever comes first.
// After "Select" in A Tour of Go.
#include <cstdio>
#include <offset/offset.hpp>
#include <utility>

void fibonacci(offset::send_chan<long> numbers, offset::recv_chan<void> quit) {
  long x = 0;
  long y = 1;
  for (;;) {
    switch (offset::select(numbers.if_send(x), quit.if_recv())) {
      case 0: x = std::exchange(y, x + y); break;
      case 1: std::puts("quit"); return;
    }
  }
}

int main() {
  return offset::run([] {
    auto numbers = offset::make_chan<long>();
    auto quit = offset::make_chan<void>();
    offset::go([=] {
      for (int i = 0; i < 10; ++i) std::printf("%ld\n", numbers.recv().value());
      quit.send();
    });
    fibonacci(numbers, quit);
  });
}
