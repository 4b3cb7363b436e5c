// Many may read at the same time, but whoever writes is alone: a std::shared_lock or a
// std::unique_lock on an rw_mutex. Here every writer changes two numbers, and no reader ever sees
// one changed without the other.
// After Courtois, Heymans and Parnas, "Concurrent Control with Readers and Writers".
#include <atomic>
#include <cstdio>
#include <mutex>
#include <offset/offset.hpp>
#include <shared_mutex>

int main() {
  return offset::run([] {
    offset::sync::rw_mutex mutex;
    int left = 500;
    int right = 500;
    std::atomic<int> wrong = 0;
    std::atomic<int> reads = 0;
    offset::sync::wait_group wg;
    for (int writer = 0; writer < 4; ++writer)
      wg.go([&] {
        for (int i = 0; i < 25; ++i) {
          const std::unique_lock lock(mutex);
          ++left;
          offset::yield();  // a good moment for a reader to come in
          --right;
        }
      });
    for (int reader = 0; reader < 8; ++reader)
      wg.go([&] {
        for (int i = 0; i < 50; ++i) {
          const std::shared_lock lock(mutex);
          if (left + right != 1000) ++wrong;
          ++reads;
        }
      });
    wg.wait();
    std::printf("%d reads, %d of them wrong\n", reads.load(), wrong.load());
    std::printf("left %d, right %d\n", left, right);
  });
}
