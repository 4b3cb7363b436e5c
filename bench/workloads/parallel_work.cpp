// Eight goroutines compute, independently of one another, and tell a partner of their own every
// 10 µs. On more procs all of it should take less time; the harness shows how much less.
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload parallel_work(
    "parallel_work", 80'000,
    [](std::int64_t count) {
      constexpr int goroutines = 8;
      offset::sync::wait_group all;
      for (int i = 0; i < goroutines; ++i) {
        const auto results = offset::make_chan<std::uint64_t>();
        all.go([=, share = count / goroutines] {
          std::uint64_t value = 1;
          for (std::int64_t n = 0; n < share; ++n) {
            value = bench::work(value, 100 * bench::steps_in_100_ns);
            results.send(value);
          }
          results.close();
        });
        all.go([=] {
          std::uint64_t sum = 0;
          for (std::uint64_t value : results) sum += value;
          bench::keep(sum);
        });
      }
      all.wait();
    },
    bench::start::warm, bench::figure::all);
