// Ten goroutines say hello, rest, and say world. They rest at the same time, so the whole takes one
// rest, not ten. (Nobody rests before everybody has said hello, so that the order is fixed.)
// After the hello world of many a talk on Python's asyncio.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

int main() {
  return offset::run([] {
    const auto start = std::chrono::steady_clock::now();
    offset::sync::wait_group greeting;
    greeting.add(10);
    offset::sync::wait_group wg;
    for (int i = 0; i < 10; ++i)
      wg.go([&greeting] {
        std::puts("hello");
        greeting.done();
        greeting.wait();
        offset::time::sleep(150ms);
        std::puts("world");
      });
    wg.wait();
    const auto elapsed = std::chrono::steady_clock::now() - start;
    std::puts(elapsed >= 150ms && elapsed < 10 * 150ms ? "one rest, not ten" : "ten rests");
  });
}
