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

/// Work that no compiler shortens and no CPU overlaps, the same in every language: `steps` of an
/// xorshift generator, each of which waits for the one before. (Of a linear congruential one LLVM
/// makes one step of eight.) The seed is not 0.
inline std::uint64_t work(std::uint64_t seed, int steps) noexcept {
  for (int i = 0; i < steps; ++i) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
  }
  return seed;
}
inline constexpr int steps_in_100_ns = 60;  // at 3.6 GHz

/// The compiler must believe that the value is used.
template <class T>
void keep(const T& value) noexcept {
  asm volatile("" : : "m"(value) : "memory");
}

}  // namespace bench
