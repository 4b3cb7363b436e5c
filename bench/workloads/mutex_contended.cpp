// Eight goroutines want one mutex, and hold it for about 100 ns; an operation is lock, work,
// unlock.
#include <mutex>
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload mutex_contended("mutex_contended", 4'000'000, [](std::int64_t count) {
  constexpr int goroutines = 8;
  offset::sync::mutex mutex;
  std::uint64_t guarded = 1;
  offset::sync::wait_group all;
  for (int i = 0; i < goroutines; ++i)
    all.go([&, share = count / goroutines] {
      for (std::int64_t n = 0; n < share; ++n) {
        std::lock_guard lock(mutex);
        guarded = bench::work(guarded, bench::steps_in_100_ns);
      }
    });
  all.wait();
  bench::keep(guarded);
});
