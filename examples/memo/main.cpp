// Remembers the results of a slow function. Whoever asks first computes; those who ask meanwhile
// wait for the same result, because the channel of an entry is closed when it is there.
// After the memo of "The Go Programming Language", chapter 9.
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <offset/offset.hpp>

class memo {
 public:
  explicit memo(long (*f)(int)) : function_(f) {}

  long get(int key) {
    std::unique_lock lock(mutex_);
    std::shared_ptr<entry>& slot = entries_[key];
    if (const auto found = slot) {
      lock.unlock();
      found->ready.recv();
      return found->value;
    }
    const auto mine = slot = std::make_shared<entry>();
    lock.unlock();
    mine->value = function_(key);
    mine->ready.close();
    return mine->value;
  }

 private:
  struct entry {
    offset::chan<void> ready = offset::make_chan<void>();
    long value = 0;
  };
  offset::sync::mutex mutex_;
  std::map<int, std::shared_ptr<entry>> entries_;
  long (*function_)(int);
};

std::atomic<int> computed = 0;

long slow_cube(int n) {
  ++computed;
  for (int i = 0; i < 3; ++i) offset::yield();
  return static_cast<long>(n) * n * n;
}

int main() {
  return offset::run([] {
    memo cubes(slow_cube);
    std::atomic<long> total = 0;
    offset::sync::wait_group wg;
    for (int i = 0; i < 100; ++i) wg.go([&cubes, &total, i] { total += cubes.get(i % 4 + 1); });
    wg.wait();
    for (int n = 1; n <= 4; ++n) std::printf("%d: %ld\n", n, cubes.get(n));
    std::printf("total %ld, computed %d times\n", total.load(), computed.load());
  });
}
