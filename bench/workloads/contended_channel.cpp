// A message through a buffer of 128 that sixteen senders and sixteen receivers fight for; run on
// more procs than there may be CPUs.
#include "many_to_many.hpp"
#include "workload.hpp"

static const bench::workload contended_channel("contended_channel", 8'000'000,
                                               [](std::int64_t count) {
                                                 bench::many_to_many(count, 16, 128);
                                               });
