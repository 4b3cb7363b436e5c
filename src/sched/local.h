// The hot path of scheduling, inlined into park, ready, yield and the end of a goroutine: what runs
// next on this P, and where a goroutine made ready goes. Owner of the P only.
#pragma once

#include "base/sanitizer.h"
#include "sched/f.h"
#include "sched/g.h"
#include "sched/p.h"
#include "sched/sched.h"
#include "sched/world.h"

namespace offset::inline v0::sched {

/// Goroutines in a row from the next slot while others wait in the queue. Enough for a pair that
/// plays ping-pong to stay in cache, few enough that the others are not held up long.
inline constexpr std::uint32_t next_cap = 64;
using fiber::commit_fn;

/// Dispatches between two turns of the global queue, at least.
inline constexpr std::uint32_t global_every = 61;

/// A carrier for work that has become visible, if one is wanted. The caller has published the work.
void wake_for_work(world& w) noexcept;
/// Half of a full queue goes to the global one.
void overflow(p& pr, task t) noexcept;
/// Looks at the clock and the global queue, at a rate that adapts to how fast goroutines take
/// turns. True when that decides what is next: `turn`, or the loop, which has something to do.
bool look_around(p& pr, task& turn) noexcept;

OFFSET_NO_TSAN OFFSET_HOT void push_tail(p& pr, task t) noexcept {
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

/// What another has displaced from the next slot goes to the queue, and only that may wake another
/// carrier. (With one P there is none to wake: this one runs it, or, if it is kept by a goroutine,
/// sysmon sees to it.)
OFFSET_NO_TSAN OFFSET_HOT void push_displaced(p& pr, task old) noexcept {
  if (!old) return;
  push_tail(pr, old);
  world& w = *pr.home;
  if (w.set.maxprocs > 1 && !w.stepped_back.load(std::memory_order_relaxed)) work_published(w);
}
OFFSET_NO_TSAN OFFSET_HOT void push_next(p& pr, task t) noexcept {
  push_displaced(pr, pr.exchange_next(t));
}

/// What to run next; nothing when the carrier should look further (or see to other things) in its
/// loop.
OFFSET_NO_TSAN OFFSET_HOT task pick(p& pr) noexcept {
  pr.count_tick();
  if (pr.attention.load(std::memory_order_relaxed)) [[unlikely]]
    return {};
  if (--pr.look_countdown == 0) [[unlikely]] {
    task turn;
    if (look_around(pr, turn)) return turn;
  }
  if (pr.has_next()) {
    if (const task t = pr.exchange_next({})) [[likely]] {
      const bool turn_is_over = pr.next_streak >= next_cap;
      if (!turn_is_over || pr.queue.empty()) [[likely]] {
        pr.next_streak = turn_is_over ? 1 : pr.next_streak + 1;
        return t;
      }
      push_tail(pr, t);
    }
  }
  pr.next_streak = 0;
  return pr.pop();
}

/// A goroutine that may wait, has a P, and is not called upon (in a bubble it always is): the short
/// ways are for it. Null for everybody else.
OFFSET_NO_TSAN OFFSET_HOT f* plain_caller() noexcept {
  f* const me = current_f();
  if (me == nullptr || me->current == nullptr || me->proc == nullptr ||
      me->proc->attention.load(std::memory_order_relaxed) || me->current->exiting) [[unlikely]]
    return nullptr;
  return me;
}
OFFSET_NO_TSAN OFFSET_HOT sleeper who_is(const f& me) noexcept {
  return reinterpret_cast<sleeper>(me.current);
}

/// The caller is a plain one, and if it gave way a goroutine in the next slot would run, a few
/// others, and then the caller.
OFFSET_NO_TSAN OFFSET_HOT bool few_are_next() noexcept {
  constexpr std::uint32_t few = 16;
  const f* const me = plain_caller();
  return me != nullptr && me->proc->has_next() &&
         me->proc->queue.room() >= run_queue::capacity - few;
}

/// The first half of ready(s), by the goroutine on `me`: `displaced` is for push_displaced. False,
/// and nothing done, for one that is not of this world's carriers.
OFFSET_NO_TSAN OFFSET_HOT bool ready_next(f& me, sleeper s, task& displaced) noexcept {
  if ((s & sleeper_tags) != 0) [[unlikely]]
    return false;
  g& self = *reinterpret_cast<g*>(s);
  if (self.home != me.home) [[unlikely]]
    return false;
  base::tsan_release(&self);  // pairs with leave
  self.state.store(g_state::runnable, std::memory_order_relaxed);
  displaced = me.proc->exchange_next(task(&self));
  return true;
}
/// As ready(s), by the goroutine on `me`.
OFFSET_NO_TSAN OFFSET_HOT void ready(f& me, sleeper s) noexcept {
  task displaced;
  if (ready_next(me, s, displaced))
    push_displaced(*me.proc, displaced);
  else
    ready(s);
}

/// As parker::park, for the goroutine on `me`.
void park(f& me, commit_fn commit, void* arg, wait_reason reason, abandon_hook hook) noexcept;

/// Makes a stack's G a new goroutine that will run `s`.
OFFSET_NO_TSAN OFFSET_HOT void begin(g& self, detail::seed* s) noexcept {
  self.id = s->id & ((std::uint64_t{1} << 56) - 1);
  self.origin = s->origin;
  self.start = s;
  self.exiting = false;
}

/// A free stack of this P's, or null.
OFFSET_NO_TSAN OFFSET_HOT g* take_stack(p& pr) noexcept {
  g* const self = pr.stacks;
  if (self == nullptr) return nullptr;
  pr.stacks = self->stack.next == nullptr ? nullptr : g_of(self->stack.next);
  --pr.stack_count;
  base::asan_unpoison(self->fib.stack_low,
                      static_cast<std::size_t>(self->fib.stack_high - self->fib.stack_low));
  return self;
}

void goroutine_main(fiber::fiber& self, fiber::carrier& on);

OFFSET_NO_TSAN OFFSET_HOT void run_on(f& me, g& self) noexcept {
  me.current = &self;
  self.state.store(g_state::running, std::memory_order_relaxed);
}

/// What pick most often answers, if it does: the goroutine in the next slot.
OFFSET_NO_TSAN OFFSET_HOT g* pick_at_once(p& pr) noexcept {
  if (pr.attention.load(std::memory_order_relaxed) || pr.look_countdown == 1 ||
      pr.next_streak >= next_cap)
    return nullptr;
  const task seen = task::from_word(pr.next.load(std::memory_order_relaxed));
  if (!seen || seen.is_seed()) return nullptr;
  const task t = pr.exchange_next({});  // or it has been rescued
  if (!t) [[unlikely]]
    return nullptr;
  pr.count_tick();
  --pr.look_countdown;
  ++pr.next_streak;
  return t.as_g();
}

/// Leaves `self`, which runs on `me`, for whatever is next.
void leave(f& me, g& self, commit_fn commit, void* arg) noexcept;

/// park, inlined.
OFFSET_NO_TSAN OFFSET_HOT void park_plain(f& me, commit_fn commit, void* arg, wait_reason reason,
                                          abandon_hook hook) noexcept {
  g& self = *me.current;
  self.hook = hook;
  self.reason.store(reason, std::memory_order_relaxed);
  self.state.store(g_state::waiting, std::memory_order_release);
  if (g* const to = pick_at_once(*me.proc)) [[likely]] {
    run_on(me, *to);
    fiber::switch_to(me.switcher, self.fib, to->fib, commit, arg);
    base::tsan_acquire(&self);  // pairs with ready
  } else {
    leave(me, self, commit, arg);
  }
  self.hook.actions = nullptr;
}

/// Leaves `self` (a goroutine's fiber, or the carrier's own) for what `t` says.
OFFSET_NO_TSAN OFFSET_HOT void switch_to_task(f& me, fiber::fiber& from, task t, commit_fn commit,
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
