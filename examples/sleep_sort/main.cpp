// Sorts numbers by sleeping: a goroutine for each number sleeps as long as its number says, then
// speaks.
// After the joke that made the rounds in 2011.
#include <chrono>
#include <cstdio>
#include <offset/offset.hpp>

using namespace std::chrono_literals;

int main() {
  return offset::run([] {
    auto sorted = offset::make_chan<int>();
    for (int n : {5, 2, 7, 1, 4})
      offset::go([=] {
        offset::time::sleep(n * 50ms);
        sorted.send(n);
      });
    for (int i = 0; i < 5; ++i) std::printf("%d\n", sorted.recv().value());
  });
}
