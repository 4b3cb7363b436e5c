// Goroutines that belong together: when one fails the others are told, and whoever waits for them
// learns why, after all of them have ended.
// After package errgroup of golang.org/x/sync.
#include <atomic>
#include <cstdio>
#include <offset/offset.hpp>
#include <stdexcept>

int main() {
  return offset::run([] {
    std::atomic<int> told{0};
    try {
      offset::group g;
      for (int i = 0; i < 5; ++i)
        g.go([&](const offset::context& ctx) {
          ctx.done().recv();
          ++told;
        });
      g.go([] { throw std::runtime_error("the disk is full"); });
      g.wait();
      std::puts("all went well");
    } catch (const std::runtime_error& e) {
      std::printf("%s; %d others were told and have ended\n", e.what(), told.load());
    }

    offset::group g;
    std::atomic<int> sum{0};
    g.limit(3);  // at a time
    for (int i = 1; i <= 10; ++i) g.go([&sum, i] { sum += i * i; });
    g.wait();
    std::printf("and without a failure: %d\n", sum.load());
  });
}
