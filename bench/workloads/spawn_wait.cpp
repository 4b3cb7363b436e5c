// A goroutine is started and waited for, then the next.
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload spawn_wait("spawn_wait", 1'000'000, [](std::int64_t count) {
  offset::sync::wait_group one;
  for (std::int64_t n = 0; n < count; ++n) {
    one.add(1);
    offset::go([&one] { one.done(); });
    one.wait();
  }
});
