// A timer is made, and stopped long before it would fire.
#include <chrono>
#include <offset/offset.hpp>
#include <stdexcept>

#include "workload.hpp"

static const bench::workload
    timer_start_stop("timer_start_stop", 2'000'000, [](std::int64_t count) {
      for (std::int64_t n = 0; n < count; ++n) {
        offset::time::timer timer(std::chrono::hours(1));
        if (!timer.stop()) throw std::logic_error("timer_start_stop: it fired");
      }
    });
