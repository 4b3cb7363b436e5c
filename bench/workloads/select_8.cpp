// A select receives from eight channels without buffers, each with a sender of its own.
#include "select_of.hpp"
#include "workload.hpp"

static const bench::workload select_8("select_8", 1'600'000, [](std::int64_t count) {
  bench::select_of_8(count, bench::producers::one_each);
});
