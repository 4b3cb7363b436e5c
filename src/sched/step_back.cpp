#include "sched/step_back.h"

#include <algorithm>

#include "base/clock.h"
#include "base/cpu.h"
#include "sched/f.h"
#include "sched/loop.h"
#include "sched/p.h"
#include "sched/sched.h"
#include "sched/sysmon.h"
#include "sched/world.h"

namespace offset::inline v0::sched {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::uint64_t window_ticks = 60'000;    // some 20 us
constexpr std::uint64_t ticks_per_clash = 7'500;  // a clash in 2.5 us: a tenth of the time or more
constexpr std::int64_t least_hold = 2 * ms;
constexpr std::int64_t most_hold = 64 * ms;
constexpr std::int64_t most_hold_of_slow = 10 * ms;

OFFSET_NO_TSAN std::uint32_t dispatches_of_others(const p& pr) noexcept {
  const world& w = *pr.home;
  std::uint32_t sum = 0;
  const std::uint32_t n = w.proc_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < n; ++i)
    if (const p* const other = w.proc(i); other != nullptr && other != &pr)
      sum += other->ticks.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace

// One that took long counts as the many that would have taken as long, and is looked into soon:
// dispatches may have become rare.
OFFSET_NO_TSAN void lock_was_taken(std::uint64_t lost) noexcept {
  f* const me = current_f();
  if (me == nullptr || me->proc == nullptr) return;
  p& pr = *me->proc;
  pr.clashes += 1 + static_cast<std::uint32_t>(lost / ticks_per_clash);
  if (lost > window_ticks) pr.look_countdown = 1;
}

OFFSET_NO_TSAN bool is_crowded(p& pr, std::uint64_t passed) noexcept {
  pr.window += passed;
  if (pr.window < window_ticks) return false;
  const bool before = pr.clashed;
  pr.clashed = pr.clashes >= pr.window / ticks_per_clash;
  if (pr.clashed) {
    const std::uint32_t others = dispatches_of_others(pr);
    pr.crowded = before && others != pr.others_seen;
    pr.others_seen = others;
  }
  pr.clashes = 0;
  pr.window = 0;
  return pr.crowded;
}

void step_back(f& me) noexcept {
  p& pr = *me.proc;
  world& w = *me.home;
  pr.crowded = false;
  if (w.active() - w.idle.sleeping() < 2) return;
  give_away(pr);
  me.note.clear();
  if (!w.idle.sleep_unless_last(me, w)) return;
  const std::int64_t now = base::now_ns();
  const std::int64_t hold = w.hold_back.load(std::memory_order_relaxed);
  const bool again =
      now - w.stepped_back_at.load(std::memory_order_relaxed) < 2 * std::max(hold, least_hold);
  w.hold_back.store(again ? std::clamp(2 * hold, least_hold, most_hold) : least_hold,
                    std::memory_order_relaxed);
  w.stepped_back_at.store(now, std::memory_order_relaxed);
  w.stepped_back.store(true, std::memory_order_relaxed);
  pr.idle.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (w.stopping.load(std::memory_order_acquire)) {
    if (!w.idle.wake_self(me)) me.note.wait();
  } else {
    sleep_on(me);
  }
  pr.idle.store(false, std::memory_order_relaxed);
  wake_sysmon(w);
}

bool held_back(const world& w, std::int64_t now, bool quick) noexcept {
  if (!w.stepped_back.load(std::memory_order_relaxed)) return false;
  std::int64_t hold = w.hold_back.load(std::memory_order_relaxed);
  if (!quick) {
    if (w.active() - w.idle.sleeping() < base::cpu_count()) return false;
    hold = std::min(hold, most_hold_of_slow);
  }
  return now - w.stepped_back_at.load(std::memory_order_relaxed) < hold;
}

}  // namespace offset::inline v0::sched
