// A select receives from two channels without buffers; one goroutine sends to them in turns.
#include "select_of.hpp"
#include "workload.hpp"

static const bench::workload select_2_turns("select_2_turns", 2'000'000, [](std::int64_t count) {
  bench::select_of_2(count, bench::producers::one_in_turns);
});
