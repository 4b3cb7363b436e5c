// A channel is closed once. Two goroutines that both mean to say "I am done" by closing it are a
// mistake, which the second of them is told by a panic.
// After the rules for close in the specification of Go.
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    auto done = offset::make_chan<void>();
    auto first = offset::make_chan<void>();
    offset::go([=] {
      std::puts("the first is done");
      done.close();
      first.close();
    });
    offset::go([=] {
      first.recv();
      std::puts("the second is done");
      done.close();
    });
    offset::make_chan<void>().recv();  // waits for ever
  });
}
