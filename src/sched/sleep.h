// Waiting for a point in time.
#pragma once

#include <cstdint>

#include "sched/wait_reason.h"

namespace offset::inline v0::sched {

/// Waits until `deadline` on the monotonic clock; a plain thread sleeps. At once when it is past.
/// Throws std::bad_alloc.
void sleep_until(std::int64_t deadline, wait_reason reason);

}  // namespace offset::inline v0::sched
