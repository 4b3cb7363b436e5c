// Sixteen goroutines give way to one another; an operation is one switch.
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload yield("yield", 10'000'000, [](std::int64_t count) {
  constexpr int goroutines = 16;
  const std::int64_t share = count / goroutines;
  offset::sync::wait_group all;
  for (int i = 0; i < goroutines; ++i)
    all.go([=] {
      for (std::int64_t n = 0; n < share; ++n) offset::yield();
    });
  all.wait();
});
