// A watchdog barks when the work takes too long; work that is done in time takes it off the leash,
// by the destructor, before that.
// After the watchdog with call_later of a talk on Python's asyncio.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

void work(std::chrono::milliseconds how_long) {
  // Stopped at the end of the function, as every timer by its destructor.
  const auto watchdog = offset::time::after_func(200ms, [] { std::puts("Woof!!!"); });
  offset::time::sleep(how_long);
  std::printf("worked %lld ms\n", static_cast<long long>(how_long.count()));
}

int main() {
  return offset::run([] {
    work(10ms);
    work(40ms);
    work(300ms);
  });
}
