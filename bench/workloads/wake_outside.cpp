// A thread that is not the runtime's sends to a goroutine that waits, in a runtime that has nothing
// else to do: the time from the send until the goroutine runs.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <offset/offset.hpp>
#include <thread>
#include <vector>

#include "workload.hpp"

static const bench::workload wake_outside(
    "wake_outside", 3'000,
    [](std::int64_t count) {
      using clock = std::chrono::steady_clock;
      const auto sent = offset::make_chan<clock::time_point>();
      const auto seen = offset::make_chan<void>();
      std::thread outside([=] {
        for (std::int64_t n = 0; n < count; ++n) {
          // Long enough for the runtime's threads to fall asleep.
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          sent.send(clock::now());
          seen.recv();
        }
        sent.close();
      });
      std::vector<double> took;
      for (clock::time_point at : sent) {
        took.push_back(std::chrono::duration<double, std::micro>(clock::now() - at).count());
        seen.send();
      }
      outside.join();
      std::sort(took.begin(), took.end());
      bench::report("wake_outside_p50", took[took.size() / 2], "µs");
      bench::report("wake_outside_p99", took[took.size() * 99 / 100], "µs");
    },
    bench::start::by_own);
