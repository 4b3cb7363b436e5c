// A channel with room for three is a semaphore: whoever puts a token in may work, and takes one out
// afterwards. Twenty jobs start at once, and never more than three are at work.
// After the semaphore channel in "Effective Go".
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <offset/offset.hpp>
#include <vector>

int main() {
  return offset::run([] {
    const auto tokens = offset::make_chan<void>(3);
    std::vector<std::size_t> results(20);
    std::size_t at_work = 0;
    std::size_t most = 0;
    offset::sync::mutex counting;
    offset::sync::wait_group jobs;
    for (std::size_t job = 0; job < results.size(); ++job)
      jobs.go([&, job] {
        tokens.send();
        {
          const std::lock_guard lock(counting);
          most = std::max(most, ++at_work);
        }
        offset::yield();  // hard work
        results[job] = job * job;
        {
          const std::lock_guard lock(counting);
          --at_work;
        }
        tokens.recv();
      });
    jobs.wait();

    for (std::size_t result : results) std::printf("%zu\n", result);
    std::puts(most >= 1 && most <= 3 ? "never more than three" : "too many");
  });
}
