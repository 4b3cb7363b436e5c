/// \file
/// What a workload's file registers, and how it is measured.
#pragma once

#include <cstdint>

#include "shared.hpp"

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

}  // namespace bench
