// What the rest of the library sees of the scheduler: waiting and being woken.
//
// park(commit) is the only way to wait and ready() its only counterpart: one ready per park,
// always. The waiter publishes itself in `commit`, which runs when its stack has been left; from
// that moment anyone may make it ready. Works for plain threads too, which sleep on a note of their
// own.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/note.h"
#include "base/random.h"
#include "fiber/fiber.h"
#include "offset/detail/waiter.hpp"
#include "sched/g.h"
#include "sched/task.h"
#include "sched/wait_reason.h"

namespace offset::inline v0::timers {
class heap;
struct node;
}

namespace offset::inline v0::sched {

using detail::sleeper;
using fiber::commit_fn;

/// Tags in a sleeper: a goroutine's G is 0 in the low bits.
inline constexpr std::uintptr_t sleeper_thread = 1;
inline constexpr std::uintptr_t sleeper_pinned = 2;
inline constexpr std::uintptr_t sleeper_tags = 3;

/// One wait of the caller, on its stack. Made before any lock is taken: a goroutine whose world
/// ends goes no further.
class parker {
 public:
  parker() noexcept;
  parker(const parker&) = delete;
  parker& operator=(const parker&) = delete;

  sleeper who() const noexcept { return who_; }

  /// The caller may not wait: its goroutine is on its way out (goexit was swallowed, and nothing is
  /// unwinding), or its process is the child of a fork. refuse() then throws accordingly; no lock
  /// may be held.
  bool may_not_wait() const noexcept;
  [[noreturn]] void refuse() const;
  /// Both, for those who know that they will wait.
  void check() const {
    if (may_not_wait()) [[unlikely]]
      refuse();
  }
  bool is_goroutine() const noexcept { return (who_ & sleeper_thread) == 0; }

  /// Leaves the stack, runs commit(…, arg), and returns once made ready. `hook` undoes the wait
  /// when the goroutine is abandoned at the end of the program.
  void park(commit_fn commit, void* arg, wait_reason reason, abandon_hook hook) noexcept;

  /// Before waiting once more with the same parker.
  void again() noexcept { note_.clear(); }

  /// For plain threads only: sleeps until woken or until the deadline; false for the latter. commit
  /// has been run by the caller.
  bool thread_wait_until(std::int64_t deadline_ns) noexcept;
  void thread_wait() noexcept;

 private:
  base::note note_;
  sleeper who_;
};

/// Makes a waiter ready to run. The waiter must be published and taken by the caller alone.
void ready(sleeper s) noexcept;

/// Many at once: those that can be had are linked to one another, under whatever lock the caller
/// holds, and published by ready(). In the order in which they were added.
class ready_batch {
 public:
  ready_batch() noexcept;
  /// False, and nothing done, for those that are made ready one by one, by sched::ready.
  bool add(sleeper s) noexcept;
  /// Outside all locks.
  void ready() noexcept;

 private:
  f* me_;  // null: not on a carrier, or in a bubble
  task_chain chain_;
};

/// The calling goroutine goes back to its carrier's loop, ready to run. In a bubble only.
void give_way() noexcept;

/// Waits for ever.
[[noreturn]] void park_forever(wait_reason reason);

/// The lock of a channel was taken when the caller came, who has got it after so many coarse ticks:
/// a clash (step_back.h).
void lock_was_taken(std::uint64_t lost) noexcept;

/// Another CPU may be about to give the caller what it wants, and nobody waits for this one.
bool worth_spinning() noexcept;

/// While one lives, the world that is alive is not freed under a plain thread. Costs a goroutine,
/// whose world cannot go, no more than a look.
class world_kept {
 public:
  world_kept() noexcept;
  world_kept(const world_kept&) = delete;
  world_kept& operator=(const world_kept&) = delete;
  ~world_kept();

 private:
  bool counted_;
};

/// The caller's generator: the carrier's, or the thread's.
base::random& caller_random() noexcept;

/// The heap for timers that the caller, which is on a carrier or a pinned thread, sets.
timers::heap* caller_timers() noexcept;
/// Adds a timer from any thread; throws std::logic_error("offset: WHAT: no runtime is alive"),
/// std::bad_alloc.
void add_timer(timers::node& n, std::int64_t when, const char* what);
/// After adding a timer to `h`: sees to it that somebody will wake up for it.
void timer_added(timers::heap& h, std::int64_t when) noexcept;

}  // namespace offset::inline v0::sched
