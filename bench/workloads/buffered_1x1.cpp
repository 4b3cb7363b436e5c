// A message from one sender to one receiver through a buffer of 128.
#include "many_to_many.hpp"
#include "workload.hpp"

static const bench::workload buffered_1x1("buffered_1x1", 16'000'000, [](std::int64_t count) {
  bench::many_to_many(count, 1, 128);
});
