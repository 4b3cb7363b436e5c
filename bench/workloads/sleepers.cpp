// 100,000 goroutines sleep once each, for 1 to 100 ms: the time until all are done, and how late
// the latest hundredth of them wakes.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <offset/offset.hpp>
#include <vector>

#include "workload.hpp"

static const bench::workload sleepers(
    "sleepers", 100'000,
    [](std::int64_t count) {
      using clock = std::chrono::steady_clock;
      using ms = std::chrono::duration<double, std::milli>;
      std::vector<clock::duration> late(static_cast<std::size_t>(count));
      offset::sync::wait_group all;
      all.add(count);
      const clock::time_point began = clock::now();
      for (std::int64_t i = 0; i < count; ++i)
        offset::go([&all, &slot = late[static_cast<std::size_t>(i)], i] {
          // Spread evenly, in an order without a pattern.
          const std::chrono::microseconds length{1'000 + i * 7'919 % 99'001};
          const clock::time_point due = clock::now() + length;
          offset::time::sleep(length);
          slot = clock::now() - due;
          all.done();
        });
      all.wait();
      const ms wall = clock::now() - began;
      const auto p99 = late.begin() + static_cast<std::ptrdiff_t>(late.size() * 99 / 100);
      std::nth_element(late.begin(), p99, late.end());
      bench::report("sleepers_wall", wall.count(), "ms");
      bench::report("sleepers_late_p99", ms(*p99).count(), "ms");
    },
    bench::start::by_own);
