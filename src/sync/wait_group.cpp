#include "offset/sync/wait_group.hpp"

#include "offset/context.hpp"
#include "offset/error.hpp"
#include "sched/bubble.h"
#include "sync/room.h"

namespace offset::inline v0::sync {

void wait_group::add(std::int64_t delta) {
  sched::schedule_point();
  // Acquire-release: what was done before a done is seen by whoever its wait lets go.
  const std::uint64_t change = static_cast<std::uint64_t>(delta) << 32;
  const std::uint64_t now = state_.fetch_add(change, std::memory_order_acq_rel) + change;
  const auto count = static_cast<std::int32_t>(now >> 32);
  const auto waiters = static_cast<std::uint32_t>(now);
  if (count < 0) throw panic_error("sync: negative WaitGroup counter");
  if (waiters != 0 && delta > 0 && count == delta)
    throw panic_error("sync: WaitGroup misuse: Add called concurrently with Wait");
  if (count > 0 || waiters == 0) return;
  // Zero, and somebody waits: nobody may change the state now but us.
  sync::lock(room_);
  std::uint64_t expected = now;
  const bool quiet = state_.compare_exchange_strong(expected, 0, std::memory_order_acq_rel);
  if (!quiet) {
    // More came to wait while we took the lock; anything else is misuse.
    if (expected >> 32 != 0) {
      sync::unlock(room_);
      throw panic_error("sync: WaitGroup misuse: Add called concurrently with Wait");
    }
    state_.store(0, std::memory_order_release);
  }
  room_waiter* all = room_.first;
  for (room_waiter* w = all; w != nullptr; w = w->next) w->queued = false;
  room_.first = nullptr;
  room_.last = nullptr;
  sync::unlock(room_);
  while (all != nullptr) {
    room_waiter* const next = all->next;
    sched::ready(all->who);
    all = next;
  }
}

void wait_group::wait() { static_cast<void>(wait_until(nullptr)); }

op_status wait_group::wait(const context& ctx) {
  return ctx.err() ? op_status::canceled : wait_until(&ctx);
}

op_status wait_group::wait_until(const context* ctx) {
  sched::schedule_point();
  if (state_.load(std::memory_order_acquire) >> 32 == 0) return op_status::ok;
  sched::parker here;
  here.check();
  room_waiter w;
  w.who = here.who();
  w.owner = this;
  // Under the room's lock, as add() takes the waiters: it is counted exactly while it is queued.
  const auto uncount = [](room_waiter& gone) noexcept {
    static_cast<wait_group*>(gone.owner)->state_.fetch_sub(1, std::memory_order_acq_rel);
  };
  cancelable limit(ctx, room_, w, uncount, nullptr);
  if (!limit.start()) return op_status::canceled;
  sync::lock(room_);
  std::uint64_t seen = state_.load(std::memory_order_acquire);
  do {
    if (seen >> 32 == 0 || w.cancel_came) {
      sync::unlock(room_);
      return seen >> 32 == 0 ? op_status::ok : op_status::canceled;
    }
  } while (!state_.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel,
                                         std::memory_order_acquire));
  push_back(room_, w);
  wait_in(room_, w, here, sched::wait_reason::wait_group_wait);
  limit.finish();
  return limit.canceled() ? op_status::canceled : op_status::ok;
}

}  // namespace offset::inline v0::sync
