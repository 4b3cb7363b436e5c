// A select with a default never waits: while neither clock has struck, there is time for other
// work.
// After "Default Selection" in A Tour of Go; how often the default runs varies, and is not
// printed.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

int main() {
  return offset::run([] {
    auto tick = offset::time::tick(100ms);
    auto boom = offset::time::after(350ms);
    int idle = 0;
    for (;;) {
      switch (offset::select(tick.if_recv(), boom.if_recv(), offset::otherwise)) {
        case 0: std::puts("tick"); break;
        case 1:
          std::puts("BOOM!");
          std::puts(idle > 0 ? "there was time for other work" : "there was no time at all");
          return;
        case 2:
          ++idle;
          offset::time::sleep(5ms);
          break;
      }
    }
  });
}
