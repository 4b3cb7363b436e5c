// A call that blocks its thread goes through offset::blocking: it runs on a thread of its own, and
// only the goroutine waits. So twenty of them block at the same time, whatever the number of CPUs.
// After the way Go treats system calls, where no such word is needed.
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <offset/offset.hpp>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

// Stands for a library that knows nothing of goroutines.
int slow_square(int n) {
  std::this_thread::sleep_for(100ms);
  return n * n;
}

int main() {
  return offset::run([] {
    const auto start = std::chrono::steady_clock::now();
    std::vector<int> squares(20);
    offset::sync::wait_group wg;
    for (std::size_t i = 0; i < squares.size(); ++i)
      wg.go([&squares, i] {
        squares[i] = offset::blocking([=] { return slow_square(static_cast<int>(i)); });
      });
    wg.wait();
    const auto elapsed = std::chrono::steady_clock::now() - start;
    std::printf("total %d\n", std::accumulate(squares.begin(), squares.end(), 0));
    std::puts(elapsed < 10 * 100ms ? "they blocked at the same time" : "one after the other");
  });
}
