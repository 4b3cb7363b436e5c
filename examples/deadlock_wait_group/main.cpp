// Somebody forgot to say that he is done: main waits for ever, and the runtime sees it. A running
// timer would have kept it silent, because its function might have said so.
// After the classic mistake with wait groups.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

int main() {
  return offset::run([] {
    offset::sync::wait_group wg;
    wg.add(2);
    offset::go([&] {
      std::puts("the first is done");
      wg.done();
    });
    const auto late = offset::time::after_func(50ms, [] { std::puts("a timer comes first"); });
    wg.wait();
    std::puts("never printed");
  });
}
