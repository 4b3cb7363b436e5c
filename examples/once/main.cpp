// Ten goroutines need the settings at the same time; they are read once, by whoever comes first,
// and the others wait until they are there.
// After the example of Once in the documentation of Go's package sync.
#include <atomic>
#include <cstdio>
#include <offset/offset.hpp>
#include <string>

int main() {
  return offset::run([] {
    const auto settings = offset::sync::once_value([] {
      std::puts("reading the settings");
      return std::string("colour=blue");
    });
    std::atomic<int> right = 0;
    offset::sync::wait_group wg;
    for (int i = 0; i < 10; ++i)
      wg.go([&] {
        if (settings() == "colour=blue") ++right;
      });
    wg.wait();
    std::printf("%d goroutines have them\n", right.load());
  });
}
