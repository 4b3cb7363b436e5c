// The CPU time that the runtime takes in 10 s in which its thousand goroutines wait.
#include <chrono>
#include <offset/offset.hpp>

#include "workload.hpp"

static const bench::workload idle_cpu(
    "idle_cpu", 1'000,
    [](std::int64_t count) {
      const auto never = offset::make_chan<void>();
      for (std::int64_t i = 0; i < count; ++i) offset::go([=] { never.recv(); });
      offset::time::sleep(std::chrono::milliseconds(100));
      const double before = bench::used();
      offset::time::sleep(std::chrono::seconds(10));
      bench::report("idle_cpu", bench::used() - before, "ms");
    },
    bench::start::by_own);
