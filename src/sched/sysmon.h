// sysmon: the one thread that watches the others. It runs while some carrier runs, at a pace that
// slows down while it finds nothing to do, and sleeps without a time-out while all are idle.
//
// What it sees to, none of which the rest of the scheduler waits for in ordinary operation:
// - a goroutine that has not come back to the scheduler for 10 ms while work waits, or a blocking
//   call in place that is not over at the second look: one more carrier runs (with a P of its own)
//   until it does;
// - a goroutine in the next slot of such a carrier, or of any carrier while others are idle: it is
//   marked for a rescue, and a carrier woken;
// - timers that are overdue because every carrier that is awake is held up: a carrier woken;
// - memory of stacks that were not needed lately: given back;
// - an I/O pool at its ceiling whose calls all wait for one another: an error for one that is
//   queued.
#pragma once

#include <atomic>

#include "sched/world.h"

namespace offset::inline v0::sched {

inline constexpr std::uint32_t sysmon_awake = 0;
inline constexpr std::uint32_t sysmon_sleeps = 1;
inline constexpr std::uint32_t sysmon_stops = 2;

/// Throws std::system_error.
void start_sysmon(world& w);
void stop_sysmon(world& w) noexcept;

void wake_sysmon_slow(world& w) noexcept;
inline void wake_sysmon(world& w) noexcept {
  if (w.sysmon_asleep.load(std::memory_order_seq_cst) == sysmon_sleeps) wake_sysmon_slow(w);
}

}  // namespace offset::inline v0::sched
