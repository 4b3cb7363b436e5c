// P: the scheduler's context: a run queue and everything a carrier needs to run goroutines without
// asking others. Exactly one carrier (F) owns a P at any time; a P without a running carrier
// belongs to the one that sleeps with it.
//
// The next slot holds the goroutine just made ready, which runs next on this P: whoever made it
// ready most likely waits for it, and its cache lines are here. It is the owner's alone, without a
// locked instruction. When the owner does not come back to the scheduler, another carrier may still
// take it, by an asymmetric protocol (rescue_next): the owner raises `in_next` around each use and
// then looks at `rescue`; the rescuer raises `rescue`, makes every other thread pass a barrier, and
// then looks at `in_next`. Whoever sees the other's flag gives way: the rescuer gives up, the owner
// waits a moment.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/asymmetric_fence.h"
#include "base/block_pool.h"
#include "base/cpu.h"
#include "base/random.h"
#include "base/sanitizer.h"
#include "sched/call_sites.h"
#include "sched/run_queue.h"
#include "sched/task.h"
#include "timer/heap.h"

namespace offset::inline v0::sched {

struct world;
struct f;

/// Whether others may take from a queue: not from that of the first carrier while it is the only
/// one ever started.
enum class owners : std::uint8_t { alone, ending, shared };

struct alignas(64) p {
  p(world& w, std::uint32_t i, std::uint64_t seed) noexcept : random(seed), home(&w), index(i) {}
  p(const p&) = delete;
  p& operator=(const p&) = delete;

  // --- the owner's, but for what the comment above says of the next slot
  std::atomic<std::uintptr_t> next{0};
  std::atomic<std::uint32_t> in_next{0};
  std::atomic<std::uint32_t> rescue{0};
  std::atomic<owners> queue_is{owners::shared};
  std::atomic<bool> in_pop{false};
  /// Set by others: go to the scheduler's loop at the next chance (stop, retire).
  std::atomic<bool> attention{false};
  bool fence_next = false;        // the kernel has no membarrier: the owner pays for the fence
  bool timers_are_due = false;    // for the loop
  std::uint32_t next_streak = 0;  // dispatches in a row from the next slot
  std::uint32_t look_countdown = 1;
  std::uint32_t look_stride = 1;   // dispatches between two looks around
  std::uint64_t looked = 0;        // base::coarse_ticks of the last
  std::uint32_t clashes = 0;       // step_back.h
  std::uint32_t others_seen = 0;   // dispatches of the others, when it last clashed too often
  bool clashed = false;            // in the window before
  bool crowded = false;            // for the loop
  std::uint64_t window = 0;        // in which they were, in coarse ticks
  std::uint64_t clock_read = 0;    // soon_ns: when it looked at the clock, in coarse ticks,
  std::int64_t clock_ns = 0;       // what it saw,
  std::int64_t soon_ns = 0;        // and what it answered last
  std::uint32_t global_taken = 0;  // `ticks` at the last turn of the global queue
  g* stacks = nullptr;             // free ones, last in, first out
  std::uint32_t stack_count = 0;
  std::int32_t credits = 0;           // stacks claimed for goroutines to come
  detail::seed* unstarted = nullptr;  // taken from the queue; needs a stack from the pool first
  std::array<base::block_pool::block*, base::block_pool::classes> blocks{};
  std::array<std::uint32_t, base::block_pool::classes> block_counts{};
  std::uint64_t next_id = 0;
  std::uint64_t end_id = 0;
  std::uint32_t in_place_streak = 0;  // calls run in place
  call_sites sites;
  base::random random;
  world* home;
  const std::uint32_t index;

  // --- written by the owner, read by anyone
  std::atomic<std::uint64_t> started{0};
  std::atomic<std::uint64_t> ended{0};
  std::atomic<std::uint32_t> ticks{0};  // dispatches: stands still while one goroutine runs on
  std::atomic<bool> idle{true};         // no goroutine runs here
  std::atomic<bool> in_place{false};    // its carrier runs a blocking call (in_place.h)
  std::atomic<bool> next_aged{false};   // sysmon: the next slot waits for a rescue

  // --- shared
  run_queue queue;
  timers::heap timers;

  /// Owner only. One dispatch more.
  OFFSET_NO_TSAN void count_tick() noexcept {
    ticks.store(ticks.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  OFFSET_NO_TSAN void enter_next() noexcept {
    in_next.store(1, std::memory_order_relaxed);
    if (fence_next) [[unlikely]]
      std::atomic_thread_fence(std::memory_order_seq_cst);
    base::asymmetric_fence_light();
    // Acquire: pairs with the rescuer's release when it is done.
    while (rescue.load(std::memory_order_acquire) != 0) [[unlikely]] {
        in_next.store(0, std::memory_order_release);
        while (rescue.load(std::memory_order_acquire) != 0) base::cpu_pause();
        in_next.store(1, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
      }
  }
  OFFSET_NO_TSAN void leave_next() noexcept {
    // Release: a rescuer that sees 0 sees what is in the slot.
    in_next.store(0, std::memory_order_release);
  }

  /// Owner only. Puts `t` into the next slot and answers what was there.
  OFFSET_NO_TSAN task exchange_next(task t) noexcept {
    enter_next();
    const std::uintptr_t old = next.load(std::memory_order_relaxed);
    next.store(t.word(), std::memory_order_relaxed);
    leave_next();
    return task::from_word(old);
  }
  /// Owner only: the first of the queue. Alone, it takes it by plain stores; whoever wants to take
  /// from the queue ends that first (end_alone), and knows by `in_pop` when the last such pop is
  /// over.
  OFFSET_NO_TSAN OFFSET_HOT task pop() noexcept {
    if (queue_is.load(std::memory_order_relaxed) == owners::alone) {
      in_pop.store(true, std::memory_order_relaxed);
      base::asymmetric_fence_light();
      const bool still = queue_is.load(std::memory_order_relaxed) == owners::alone;
      const task t = still ? queue.pop_alone() : task();
      // Release: who sees it sees the head of the queue.
      in_pop.store(false, std::memory_order_release);
      if (still) return t;
    }
    return queue.pop();
  }
  /// Any thread, before it takes from the queue of a P that may be alone.
  OFFSET_NO_TSAN void end_alone() noexcept {
    if (queue_is.load(std::memory_order_acquire) == owners::shared) return;
    queue_is.store(owners::ending, std::memory_order_seq_cst);
    // There is a fence, or it was never alone; unless somebody took it away since.
    base::asymmetric_fence_heavy_or_wait();
    while (in_pop.load(std::memory_order_acquire)) base::cpu_pause();
    queue_is.store(owners::shared, std::memory_order_release);
  }
  bool has_next() const noexcept { return next.load(std::memory_order_relaxed) != 0; }
};

/// For any carrier but the owner. Costs a barrier on every CPU: only for a slot that has waited
/// long.
OFFSET_NO_TSAN inline task rescue_next(p& victim) noexcept {
  if (!victim.has_next()) return {};
  std::uint32_t free = 0;
  if (!victim.rescue.compare_exchange_strong(free, 1, std::memory_order_seq_cst)) return {};
  task t;
  if (victim.fence_next) std::atomic_thread_fence(std::memory_order_seq_cst);
  const bool fenced = victim.fence_next || base::asymmetric_fence_heavy();
  if (fenced && victim.in_next.load(std::memory_order_acquire) == 0) {
    t = task::from_word(victim.next.load(std::memory_order_relaxed));
    victim.next.store(0, std::memory_order_relaxed);
  }
  victim.rescue.store(0, std::memory_order_release);
  return t;
}

}  // namespace offset::inline v0::sched
