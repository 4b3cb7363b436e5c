// A value goes around a ring of 10,000 goroutines; an operation is a hop.
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload ring("ring", 2'000'000, [](std::int64_t count) {
  constexpr int goroutines = 10'000;
  const auto first = offset::make_chan<std::int64_t>();
  auto from = first;
  for (int i = 1; i < goroutines; ++i) {
    const auto to = offset::make_chan<std::int64_t>();
    offset::go([=] {
      for (std::int64_t value = 0; from.recv(value);) to.send(value);
      to.close();
    });
    from = to;
  }
  // The caller is the last of the ring.
  std::int64_t value = 0;
  for (std::int64_t rounds = count / goroutines; rounds > 0; --rounds) {
    first.send(rounds);
    from.recv(value);
  }
  first.close();
});
