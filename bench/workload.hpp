/// \file
/// What a workload's file registers, and how it is measured.
#pragma once

#include <cstdint>

namespace bench {

/// Performs `count` operations; called in a goroutine, and returns when all of them are done. What
/// it sets up and takes down is part of the time: counts are large enough that it does not show.
using operations = void (*)(std::int64_t count);

enum class start {
  warm,    ///< a tenth of the count is performed before, and not measured
  cold,    ///< measured from the first operation of a new runtime
  by_own,  ///< performed once; it measures itself, and calls report
};

enum class figure {
  each,  ///< nanoseconds per operation
  all,   ///< milliseconds for all of them
};

/// Registers a workload. `count` is fixed, so that its twins do the same work (compare/; the
/// harness checks that they agree); a tenth of it must be a multiple of the number of goroutines
/// that share it.
struct workload {
  workload(const char* name, std::int64_t count, operations perform, start from = start::warm,
           figure shown = figure::each);
};

/// Prints a figure: a line of "name value unit".
void report(const char* name, double value, const char* unit);

/// Work that no compiler shortens and no CPU overlaps, the same in every language: `steps` of a
/// linear congruential generator, each of which waits for the one before. 75 take about 100 ns.
inline std::uint64_t work(std::uint64_t seed, int steps) noexcept {
  for (int i = 0; i < steps; ++i) seed = seed * 6364136223846793005U + 1442695040888963407U;
  return seed;
}
inline constexpr int steps_in_100_ns = 75;

/// The compiler must believe that the value is used.
template <class T>
void keep(const T& value) noexcept {
  asm volatile("" : : "m"(value) : "memory");
}

}  // namespace bench
