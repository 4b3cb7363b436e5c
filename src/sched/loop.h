// The scheduler's loop of one carrier, and the carriers' threads.
#pragma once

#include "sched/f.h"
#include "sched/p.h"
#include "sched/task.h"
#include "sched/world.h"

namespace offset::inline v0::sched {

/// Starts one more carrier with a new P, or wakes a retired one. False when none was started:
/// another call is at it, or the kernel gives no thread. `searching`: it is already counted as a
/// searcher.
bool add_carrier(world& w, bool searching) noexcept;

/// Everything that only this P knows of goes where others find it. True when there was something.
bool give_away(p& pr) noexcept;

/// For a carrier that has counted itself asleep: until there may be work. Returns as a searcher.
void sleep_on(f& me) noexcept;

/// The thread of a pinned goroutine. Throws std::system_error when there is no thread.
void start_pinned(world& w, g& self);

/// Waits until the threads with an F have ended, until `deadline_ns`. True when all have.
bool wait_for_carriers(world& w, std::int64_t deadline_ns) noexcept;

}  // namespace offset::inline v0::sched
