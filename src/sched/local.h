// The hot path of scheduling, inlined into park, ready, yield and the end of a goroutine: what runs
// next on this P, and where a goroutine made ready goes. Owner of the P only.
#pragma once

#include "base/sanitizer.h"
#include "sched/f.h"
#include "sched/g.h"
#include "sched/p.h"
#include "sched/world.h"

namespace offset::inline v0::sched {

/// Goroutines in a row from the next slot while others wait in the queue. Enough for a pair that
/// plays ping-pong to stay in cache, few enough that the others are not held up long.
inline constexpr std::uint32_t next_cap = 64;
using fiber::commit_fn;

inline constexpr std::uint32_t global_every = 61;

/// A carrier for work that has become visible, if one is wanted. The caller has published the work.
void wake_for_work(world& w) noexcept;
/// Half of a full queue goes to the global one.
void overflow(p& pr, task t) noexcept;
/// Looks at the clock, at a rate that adapts to how fast goroutines take turns.
bool timers_due(p& pr) noexcept;

OFFSET_NO_TSAN inline void push_tail(p& pr, task t) noexcept {
  if (!pr.queue.push(t)) [[unlikely]]
    overflow(pr, t);
}

/// The fence of the idle protocol (idle.h), then the look.
inline void work_published(world& w) noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const std::uint32_t word = w.idle.word();
  if (word >> 16 != 0) return;  // somebody searches
  if ((word & 0xffff) == 0 && w.proc_count.load(std::memory_order_relaxed) >= w.set.maxprocs)
    return;
  wake_for_work(w);
}

/// Into the next slot; what was there goes to the queue, and only that may wake another carrier.
OFFSET_NO_TSAN inline void push_next(p& pr, task t) noexcept {
  const task old = pr.exchange_next(t);
  if (old) {
    push_tail(pr, old);
    work_published(*pr.home);
  }
}

/// What to run next; nothing when the carrier should look further (or see to other things) in its
/// loop.
OFFSET_NO_TSAN inline task pick(p& pr) noexcept {
  const std::uint32_t tick = ++pr.tick;
  pr.ticks.store(tick, std::memory_order_relaxed);
  if (pr.attention.load(std::memory_order_relaxed)) [[unlikely]]
    return {};
  if (--pr.timer_countdown == 0) [[unlikely]] {
    if (timers_due(pr)) return {};
  }
  if (tick % global_every == 0 && pr.home->global.size() != 0) [[unlikely]] {
    task_chain one = pr.home->global.pop(1, 1);
    if (one.first) return one.first;
  }
  if (pr.has_next()) {
    if (pr.next_streak < next_cap || pr.queue.empty()) {
      const task t = pr.exchange_next({});
      if (t) [[likely]] {
        ++pr.next_streak;
        return t;
      }
    } else {
      const task t = pr.exchange_next({});
      if (t) push_tail(pr, t);
    }
  }
  pr.next_streak = 0;
  return pr.queue.pop();
}

/// Makes a stack's G a new goroutine that will run `s`.
OFFSET_NO_TSAN inline void begin(g& self, detail::seed* s) noexcept {
  self.id = s->id & ((std::uint64_t{1} << 56) - 1);
  self.origin = s->origin;
  self.start = s;
  self.exiting = false;
}

/// A free stack of this P's, or null.
OFFSET_NO_TSAN inline g* take_stack(p& pr) noexcept {
  g* const self = pr.stacks;
  if (self == nullptr) return nullptr;
  pr.stacks = self->stack.next == nullptr ? nullptr : g_of(self->stack.next);
  --pr.stack_count;
  base::asan_unpoison(self->fib.stack_low,
                      static_cast<std::size_t>(self->fib.stack_high - self->fib.stack_low));
  return self;
}

void goroutine_main(fiber::fiber& self, fiber::carrier& on);

OFFSET_NO_TSAN inline void run_on(f& me, g& self) noexcept {
  me.current = &self;
  self.state.store(g_state::running, std::memory_order_relaxed);
}

/// Leaves `self` (a goroutine's fiber, or the carrier's own) for what `t` says.
OFFSET_NO_TSAN inline void switch_to_task(f& me, fiber::fiber& from, task t, commit_fn commit,
                                          void* arg, bool last) noexcept {
  g* to = nullptr;
  p& pr = *me.proc;
  if (!t.is_seed()) {
    to = t.as_g();
  } else {
    to = take_stack(pr);
    if (to == nullptr) {
      pr.unstarted = t.as_seed();
    } else {
      begin(*to, t.as_seed());
      fiber::init_fiber(&me.switcher, to->fib, goroutine_main);
    }
  }
  if (to != nullptr) {
    run_on(me, *to);
    fiber::switch_to(me.switcher, from, to->fib, commit, arg, last);
  } else {
    me.current = nullptr;
    fiber::switch_to(me.switcher, from, me.switcher.own, commit, arg, last);
  }
}

}  // namespace offset::inline v0::sched
