/// \file
/// time::sleep and time::now. Go's time.Sleep, time.Now.
#pragma once

#include <chrono>
#include <cstdint>

#include <offset/config.hpp>
#include <offset/detail/deadline.hpp>
#include <offset/error.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::time {

/// The clock of everything in this room: std::chrono::steady_clock, whose time points it shares; in
/// a testing bubble, the bubble's own time.
struct clock {
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;
  OFFSET_API static time_point now() noexcept;
};
using time_point = clock::time_point;

/// The time. Code that is to be tested in a bubble asks this, rather than
/// std::chrono::steady_clock. Go: time.Now.
inline time_point now() noexcept { return clock::now(); }

namespace detail_time {
OFFSET_API void sleep_until_ns(std::int64_t deadline);
OFFSET_API op_status sleep_until_ns(const context& ctx, std::int64_t deadline);
}

/// Waits for at least `d`; returns at once when it is not positive. A plain thread sleeps.
template <class Rep, class Period>
void sleep(std::chrono::duration<Rep, Period> d) {
  if (d <= d.zero()) return;
  detail_time::sleep_until_ns(detail::deadline_after(d));
}

/// The same until `ctx` is done at most: ok, or canceled (also when it was done at the start).
template <class Rep, class Period>
op_status sleep(const context& ctx, std::chrono::duration<Rep, Period> d) {
  return detail_time::sleep_until_ns(ctx, detail::deadline_after(d));
}

}  // namespace offset::inline v0::time
