// The CPU time that the runtime takes in 10 s in which its thousand goroutines wait.
#include <sys/resource.h>

#include <chrono>
#include <offset/offset.hpp>

#include "workload.hpp"

// Milliseconds of CPU that the process has used.
static double used() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

static const bench::workload idle_cpu(
    "idle_cpu", 1'000,
    [](std::int64_t count) {
      const auto never = offset::make_chan<void>();
      for (std::int64_t i = 0; i < count; ++i) offset::go([=] { never.recv(); });
      offset::time::sleep(std::chrono::milliseconds(100));
      const double before = used();
      offset::time::sleep(std::chrono::seconds(10));
      bench::report("idle_cpu", used() - before, "ms");
    },
    bench::start::by_own);
