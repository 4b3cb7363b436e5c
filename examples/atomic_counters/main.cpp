// Fifty goroutines count on one atomic; std::atomic works among goroutines as among threads.
// After "Atomic Counters" in Go by Example.
#include <atomic>
#include <cstdio>
#include <offset/offset.hpp>

int main() {
  return offset::run([] {
    std::atomic<int> operations = 0;
    offset::sync::wait_group wg;
    for (int i = 0; i < 50; ++i)
      wg.go([&operations] {
        for (int n = 0; n < 1000; ++n) ++operations;
      });
    wg.wait();
    std::printf("operations: %d\n", operations.load());
  });
}
