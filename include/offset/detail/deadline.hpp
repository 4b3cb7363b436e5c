/// \file
/// From std::chrono to the library's nanoseconds on the steady clock, saturating: a duration too
/// long to count is forever, a time long past is past.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <offset/config.hpp>

namespace offset::inline v0::detail {

template <class Rep, class Period>
constexpr std::int64_t to_ns(std::chrono::duration<Rep, Period> d) noexcept {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  // One above the least value: the least is the mark of a poll.
  constexpr std::int64_t min = std::numeric_limits<std::int64_t>::min() + 1;
  if constexpr (std::is_integral_v<Rep> && sizeof(Rep) <= 8 && Period::den == 1'000'000'000 &&
                Period::num == 1) {
    const auto n = static_cast<std::int64_t>(d.count());
    return n < min ? min : n;
  } else {
    // Exact for everything that a double-extended can hold, which covers 64 bits of nanoseconds.
    const long double ns = std::chrono::duration<long double, std::nano>(d).count();
    if (!(ns < static_cast<long double>(max))) return max;  // also a NaN
    if (ns <= static_cast<long double>(min)) return min;
    auto whole = static_cast<std::int64_t>(ns);
    if (static_cast<long double>(whole) < ns) ++whole;  // never early
    return whole;
  }
}

/// The steady clock; in a testing bubble, its own.
OFFSET_API std::int64_t steady_now() noexcept;

constexpr std::int64_t add_saturating(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    return b > 0 ? std::numeric_limits<std::int64_t>::max()
                 : std::numeric_limits<std::int64_t>::min() + 1;
  return sum;
}

constexpr std::int64_t subtract_saturating(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference))
    return a > b ? std::numeric_limits<std::int64_t>::max()
                 : std::numeric_limits<std::int64_t>::min() + 1;
  return difference;
}

template <class Rep, class Period>
std::int64_t deadline_after(std::chrono::duration<Rep, Period> d) noexcept {
  const std::int64_t ns = to_ns(d);
  if (ns == std::numeric_limits<std::int64_t>::max()) return ns;
  return add_saturating(steady_now(), ns > 0 ? ns : 0);
}

template <class Clock, class Duration>
std::int64_t deadline_at(std::chrono::time_point<Clock, Duration> t) noexcept {
  if constexpr (std::is_same_v<Clock, std::chrono::steady_clock>)
    return to_ns(t.time_since_epoch());
  else
    // Each in nanoseconds first: a difference in the clock's own units could overflow.
    return add_saturating(
        steady_now(),
        subtract_saturating(to_ns(t.time_since_epoch()), to_ns(Clock::now().time_since_epoch())));
}

}  // namespace offset::inline v0::detail
