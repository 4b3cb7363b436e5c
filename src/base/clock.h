// Time inside the runtime: nanoseconds on the monotonic clock, as std::chrono::steady_clock counts
// them. `never` is later than every deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace offset::inline v0::base {

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

inline std::int64_t now_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// now + d, without running past `never`.
inline std::int64_t saturating_add(std::int64_t now, std::int64_t d) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(now, d, &sum))
    return d > 0 ? never : std::numeric_limits<std::int64_t>::min();
  return sum;
}

/// A counter that only grows, in unspecified units of a third of a nanosecond to a whole one: for
/// telling whether much time has passed, at a third of the price of the clock.
inline std::uint64_t coarse_ticks() noexcept {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t ticks;
  std::uint64_t hertz;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  asm volatile("mrs %0, cntfrq_el0" : "=r"(hertz));
  return ticks * (2'000'000'000 / hertz);  // it counts tens of times more slowly than a CPU's
#else
  return static_cast<std::uint64_t>(now_ns());
#endif
}

}  // namespace offset::inline v0::base
