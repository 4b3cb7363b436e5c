// Who sleeps, who searches: the protocol by which work finds a carrier.
//
// Invariants
// - One packed word counts the carriers that search for work and those that sleep; the list of
//   sleepers and the changes of the word are under one lock, the word is read without.
// - Whoever makes work visible then passes a full fence and reads the word: if nobody searches and
//   somebody sleeps (or a carrier was never started), it wakes one, which starts as a searcher.
// - A searcher that finds work stops searching. When it was the last one and more work is visible,
//   it wakes another. A searcher that gives up goes to sleep: it first counts itself as asleep,
//   then passes a full fence, then looks at every queue once more. (One that steps back does not
//   look: another is awake then. step_back.h.)
// So at any time work that is visible has a searcher that will still look, or a waker, or a
// sleeper's last look, coming. Nothing relies on a time-out to find work.
// - One sleeper at a time keeps the time: it sleeps until the earliest timer of all Ps. While no
//   carrier sleeps so, some carrier is awake and looks at the timers of all Ps as it goes.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/spin_lock.h"

namespace offset::inline v0::sched {

struct f;
struct world;

class idle_set {
 public:
  std::uint32_t searching() const noexcept { return word() >> 16; }
  std::uint32_t sleeping() const noexcept { return word() & 0xffff; }
  bool nobody_searches() const noexcept { return (word() >> 16) == 0; }

  /// Both at one instant.
  std::uint32_t word() const noexcept { return word_.load(std::memory_order_seq_cst); }

  /// A carrier that found nothing of its own wants to look at others. False when enough do.
  bool begin_search(std::uint32_t procs) noexcept;
  /// It found something. True when it was the last searcher.
  bool end_search() noexcept;

  /// From searching or working to asleep, and back on its own. sleep(): the caller then passes a
  /// fence and looks again. wake_self(): false when a waker has it in hand already: its note comes.
  void sleep(f& me) noexcept;
  bool wake_self(f& me) noexcept;
  /// sleep(), unless every other carrier of the world sleeps: then false.
  bool sleep_unless_last(f& me, const world& w) noexcept;

  /// Takes a sleeper out, counted as searching; null when there is none or `even_if_searched` is
  /// false and somebody searches.
  f* take(bool even_if_searched) noexcept;

  /// When the keeper of time wakes up; base::never when there is none.
  std::int64_t keeper_until() const noexcept {
    return keeper_until_.load(std::memory_order_seq_cst);
  }
  bool keep_time(f& me, std::int64_t until) noexcept;

  base::spin_lock& lock() noexcept { return lock_; }

 private:
  void put_to_sleep(f& me) noexcept;
  void drop_keeper(f& me) noexcept;

  std::atomic<std::uint32_t> word_{0};
  base::spin_lock lock_{base::rank::scheduler};
  f* first_ = nullptr;  // last in, first out: the warmest
  f* keeper_ = nullptr;
  std::atomic<std::int64_t> keeper_until_{base::never};
};

}  // namespace offset::inline v0::sched
