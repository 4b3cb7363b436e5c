// A message handed over without a buffer, among a hundred senders and a hundred receivers.
#include "many_to_many.hpp"
#include "workload.hpp"

static const bench::workload unbuffered_100x100("unbuffered_100x100", 2'000'000,
                                                [](std::int64_t count) {
                                                  bench::many_to_many(count, 100, 0);
                                                });
