// A million goroutines are started one after the other, then all are waited for. Cold: what the
// runtime has to get from the system for them is part of it.
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload spawn_join(
    "spawn_join", 1'000'000,
    [](std::int64_t count) {
      offset::sync::wait_group all;
      all.add(count);
      for (std::int64_t n = 0; n < count; ++n) offset::go([&all] { all.done(); });
      all.wait();
    },
    bench::start::cold);
