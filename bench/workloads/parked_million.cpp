// A million goroutines wait for one channel to close: the memory that each takes (resident pages
// and page tables), the time to start one until it waits, and the time to wake one until it ends.
#include <chrono>
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload parked_million(
    "parked_million", 1'000'000,
    [](std::int64_t count) {
      using clock = std::chrono::steady_clock;
      using ns = std::chrono::duration<double, std::nano>;
      const double goroutines = static_cast<double>(count);
      const auto gate = offset::make_chan<void>();
      offset::sync::wait_group begun;
      offset::sync::wait_group ended;
      begun.add(count);
      ended.add(count);
      const double before = bench::occupied();
      clock::time_point began = clock::now();
      for (std::int64_t i = 0; i < count; ++i)
        offset::go([&begun, &ended, gate] {
          begun.done();
          gate.recv();
          ended.done();
        });
      begun.wait();
      const ns created = clock::now() - began;
      const double bytes = bench::occupied() - before;
      began = clock::now();
      gate.close();
      ended.wait();
      const ns woken = clock::now() - began;
      bench::report("parked_bytes", bytes / goroutines, "B");
      bench::report("parked_create", created.count() / goroutines, "ns");
      bench::report("parked_wake", woken.count() / goroutines, "ns");
    },
    bench::start::by_own);
