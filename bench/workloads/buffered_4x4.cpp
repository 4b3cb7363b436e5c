// A message through a buffer of 128 that four senders and four receivers share.
#include "many_to_many.hpp"
#include "workload.hpp"

static const bench::workload buffered_4x4("buffered_4x4", 8'000'000, [](std::int64_t count) {
  bench::many_to_many(count, 4, 128);
});
