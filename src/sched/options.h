// Options, environment and defaults become settings.
#pragma once

#include "offset/runtime.hpp"
#include "sched/world.h"

namespace offset::inline v0::sched {

/// Throws std::invalid_argument naming the option or variable and its value.
settings settle(const options& o);

/// $OFFSET_SEED; 0 when it is not set. Throws likewise.
std::uint64_t environment_seed();

}  // namespace offset::inline v0::sched
