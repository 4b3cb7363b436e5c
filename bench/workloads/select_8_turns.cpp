// A select receives from eight channels without buffers; one goroutine sends to them in turns.
#include "select_of.hpp"
#include "workload.hpp"

static const bench::workload select_8_turns("select_8_turns", 1'600'000, [](std::int64_t count) {
  bench::select_of_8(count, bench::producers::one_in_turns);
});
