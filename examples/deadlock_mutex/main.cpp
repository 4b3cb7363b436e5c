// Two goroutines take the same two locks in opposite order: each holds what the other waits for.
// (std::scoped_lock lock(spoon, knife) would have taken both safely.)
// After the dining philosophers, with two at the table.
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    offset::sync::mutex spoon;
    offset::sync::mutex knife;
    auto ready = offset::make_chan<void>();

    offset::go([&, ready] {
      knife.lock();
      ready.send();
      spoon.lock();
      std::puts("never printed");
    });
    spoon.lock();
    ready.recv();
    std::puts("one has the spoon, the other the knife");
    knife.lock();
    std::puts("never printed");
  });
}
