// A mutex that nobody else wants is locked and unlocked around an addition.
#include <mutex>
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload mutex_alone("mutex_alone", 20'000'000, [](std::int64_t count) {
  offset::sync::mutex mutex;
  std::int64_t guarded = 0;
  for (std::int64_t n = 0; n < count; ++n) {
    std::lock_guard lock(mutex);
    ++guarded;
  }
  bench::keep(guarded);
});
