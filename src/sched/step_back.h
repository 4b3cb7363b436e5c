// Carriers that get into one another's way.
//
// Several CPUs that send and receive on one channel pass its cache line to and fro: each message
// takes three to six times as long as with one CPU, which does nothing else for it. So a carrier
// counts its clashes: channel locks that it found taken, and steals. When they come so often that
// they must be a large part of its time, twice in a row, it steps back: it leaves its goroutines to
// the carriers that stay awake, and sleeps.
//
// - Only while another carrier is awake: decided under the idle set's lock. That one looks at every
//   queue before it sleeps (idle.h), so what was left is not forgotten. And only when another has
//   passed from goroutine to goroutine meanwhile: one that is kept by a goroutine is no help.
// - From then until the last carrier awake finds nothing to do (`stepped_back`), a goroutine made
//   ready by another wakes no carrier; what threads outside make ready still does, and timers do.
// - sysmon tries again: at once when the carriers that are awake are not quick any more, since then
//   what waits would wait long; otherwise after `hold_back`, which doubles while trying does not
//   help. A try that is not followed by another step back ends it. Carriers that are as many as the
//   CPUs, or more, may be slow because of one another: then it waits all the same, for up to 10 ms.
#pragma once

#include <cstdint>

namespace offset::inline v0::sched {

struct f;
struct p;
struct world;

/// Owner only, now and then: `passed` coarse ticks since the last time. True when the P should step
/// back, which the loop does.
bool is_crowded(p& pr, std::uint64_t passed) noexcept;

/// From the loop. Returns as a searcher, or at once when no other carrier is awake.
void step_back(f& me) noexcept;

/// For sysmon: no carrier is to be woken for what goroutines have made ready. `quick`: no goroutine
/// runs for long.
bool held_back(const world& w, std::int64_t now, bool quick) noexcept;

}  // namespace offset::inline v0::sched
