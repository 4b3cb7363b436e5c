// A message through a buffer of 128 that a hundred senders and a hundred receivers share.
#include "many_to_many.hpp"
#include "workload.hpp"

static const bench::workload buffered_100x100("buffered_100x100", 8'000'000,
                                              [](std::int64_t count) {
                                                bench::many_to_many(count, 100, 128);
                                              });
