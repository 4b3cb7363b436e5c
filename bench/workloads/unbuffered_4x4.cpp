// A message handed over without a buffer, among four senders and four receivers.
#include "many_to_many.hpp"
#include "workload.hpp"

static const bench::workload unbuffered_4x4("unbuffered_4x4", 2'000'000, [](std::int64_t count) {
  bench::many_to_many(count, 4, 0);
});
