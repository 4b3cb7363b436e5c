// What a world that is deterministic (offset::testing) is to the rest of the library: its clock,
// its order, and its border. src/testing/ has the one implementation.
//
// Invariants
// - A world with a bubble has one P and one carrier, no sysmon, and is never the live world: `go`
// and
//   timers from plain threads do not find it. Goroutines asked to be pinned are carried as all
//   others.
// - Its P's `attention` is always up, so pick() answers nothing: whoever waits, gives way or ends
// goes
//   through the carrier's loop, and that asks the bubble what runs next.
// - Its channels carry its number, and their words always look waited for and ready both ways: no
//   inlined path touches them, every operation comes to the library and is a scheduling point
//   there.
// - Everything of the bubble's but `now` is touched by the one carrier, and by the goroutines that
// it
//   runs, one at a time.
// For all others the whole of this costs one load of `bubble_alive` in a slow path.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/sanitizer.h"
#include "offset/detail/bubble.hpp"
#include "sched/task.h"

namespace offset::inline v0::sched {

struct f;
struct g;
struct world;

class bubble {
 public:
  /// The instant at which every bubble begins: 2000-01-01 00:00 UTC, had the steady clock the epoch
  /// of Unix time.
  static constexpr std::int64_t beginning = 946'684'800'000'000'000;

  explicit bubble(std::uint32_t n) noexcept : number(n) {}
  bubble(const bubble&) = delete;
  bubble& operator=(const bubble&) = delete;

  /// The carrier's loop: what to run next; nothing once it is over.
  virtual task find_work(f& me) noexcept = 0;
  /// A scheduling point: should the running goroutine give way to another?
  virtual bool gives_way(const g& self) noexcept = 0;
  /// It gave way of its own accord.
  virtual void yielded(const g& self) noexcept = 0;
  /// The line about the seed, for the last words of a program.
  virtual std::string last_words() const = 0;

  /// Set by the main goroutine when its function has ended.
  bool main_returned = false;
  std::atomic<std::int64_t> now{beginning};
  const std::uint32_t number;  // of this process's bubbles, from 1

 protected:
  ~bubble() = default;
};

/// The caller's bubble; null outside.
bubble* caller_bubble() noexcept;
/// Its number; 0 outside.
std::uint32_t bubble_number_slow() noexcept;
inline std::uint32_t bubble_number() noexcept {
  return detail::bubble_alive.load(std::memory_order_relaxed) ? bubble_number_slow() : 0;
}

/// The clock of everything that a goroutine may wait for: the bubble's for its goroutines.
std::int64_t now_ns_slow() noexcept;
inline std::int64_t now_ns() noexcept {
  return detail::bubble_alive.load(std::memory_order_relaxed) ? now_ns_slow() : base::now_ns();
}

/// now_ns, or up to a microsecond or two later, and never earlier than the last time on this
/// carrier: for setting timers, where one that is set soon after another need not look at the
/// clock.
std::int64_t soon_ns() noexcept;

/// Before every operation on something shared: in a bubble another goroutine may go first. No lock
/// may be held.
void schedule_point_slow() noexcept;
inline void schedule_point() noexcept {
  if (detail::bubble_alive.load(std::memory_order_relaxed)) [[unlikely]]
    schedule_point_slow();
}

/// For ThreadSanitizer: what a goroutine of a bubble did is before whatever follows an acquire of
/// the bubble, which is what wait_idle promises.
inline void tsan_leaves_bubble() noexcept {
  if constexpr (base::tsan)
    if (detail::bubble_alive.load(std::memory_order_relaxed)) base::tsan_release(caller_bubble());
}

}  // namespace offset::inline v0::sched
