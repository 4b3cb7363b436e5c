/// \file
/// What a workload's file registers, and how it is measured.
#pragma once

#include <cstdint>

namespace bench {

/// Performs `count` operations; called in a goroutine, and returns when all of them are done. What
/// it sets up and takes down is part of the time: counts are large enough that it does not show.
using operations = void (*)(std::int64_t count);

enum class start {
  warm,  ///< a tenth of the count is performed before, and not measured
  cold,  ///< measured from the first operation of a new runtime
};

/// Registers a workload with Google Benchmark. `count` is fixed, so that the twin in Go does the
/// same work (compare/go/main.go; `run` checks that they agree); a tenth of it must be a multiple
/// of the number of goroutines that share it.
struct workload {
  workload(const char* name, std::int64_t count, operations perform, start from = start::warm);
};

}  // namespace bench
