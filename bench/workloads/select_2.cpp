// A select receives from two channels without buffers, each with a sender of its own.
#include "select_of.hpp"
#include "workload.hpp"

static const bench::workload select_2("select_2", 2'000'000, [](std::int64_t count) {
  bench::select_of_2(count, bench::producers::one_each);
});
