// Four goroutines work in rounds, and none begins a round before all have finished the one before.
// The last to arrive wakes the others by a condition variable.
// After the cyclic barrier of the textbooks.
#include <atomic>
#include <cstdio>
#include <mutex>
#include <offset/offset.hpp>

class barrier {
 public:
  explicit barrier(int size) : size_(size), missing_(size) {}

  void arrive_and_wait() {
    std::unique_lock lock(mutex_);
    const int mine = round_;
    if (--missing_ == 0) {
      missing_ = size_;
      ++round_;
      all_here_.broadcast();
    } else {
      all_here_.wait(lock, [&] { return round_ != mine; });
    }
  }

 private:
  offset::sync::mutex mutex_;
  offset::sync::cond all_here_{mutex_};
  int size_;
  int missing_;
  int round_ = 0;
};

int main() {
  return offset::run([] {
    constexpr int workers = 4;
    constexpr int rounds = 5;
    barrier together(workers);
    std::atomic<int> work_done = 0;
    std::atomic<int> early = 0;
    offset::sync::wait_group wg;
    for (int worker = 0; worker < workers; ++worker)
      wg.go([&, worker] {
        for (int round = 1; round <= rounds; ++round) {
          ++work_done;
          together.arrive_and_wait();
          if (work_done < round * workers) ++early;
          if (worker == 0) std::printf("round %d: %d pieces of work\n", round, work_done.load());
          together.arrive_and_wait();
        }
      });
    wg.wait();
    std::printf("%d were early\n", early.load());
  });
}
