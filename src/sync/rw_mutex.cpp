// The contended side of sync::rw_mutex.
//
// The word: the number of readers, `writer`, and `waited` while somebody is in the room. The inline
// paths change it only while `waited` is not set; with it set everything happens under the room's
// lock. Those that wait are let in with the word changed for them: they own the lock when they wake
// up.
#include "offset/sync/rw_mutex.hpp"

#include "offset/context.hpp"
#include "sched/bubble.h"
#include "sched/panic.h"
#include "sync/room.h"

namespace offset::inline v0::sync {

bool rw_mutex::try_rlock() noexcept {
  sched::schedule_point();
  std::uint32_t seen = state_.load(std::memory_order_relaxed);
  while ((seen & (writer | waited)) == 0)
    if (state_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire,
                                     std::memory_order_relaxed))
      return true;
  return false;
}

// Under the room's lock, `waited` being set: lets in who may go now.
void rw_mutex::let_next_in(bool readers_first) noexcept {
  room_waiter* go = nullptr;  // a chain of those to make ready
  room_waiter* tail = nullptr;
  const auto let_in = [&](room_waiter& w) {
    unlink(room_, w);
    w.granted = true;
    w.next = nullptr;
    (tail != nullptr ? tail->next : go) = &w;
    tail = &w;
  };
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  if ((state & writer) == 0) {
    const bool writer_first = room_.first != nullptr && room_.first->is_writer;
    if (readers_first || !writer_first) {
      for (room_waiter* w = room_.first; w != nullptr;) {
        room_waiter* const next = w->next;
        if (!w->is_writer) {
          let_in(*w);
          ++state;
        } else if (!readers_first) {
          break;
        }
        w = next;
      }
    }
    if ((state & readers) == 0 && room_.first != nullptr && room_.first->is_writer) {
      let_in(*room_.first);
      state |= writer;
    }
  }
  if (room_.first == nullptr) state &= ~waited;
  state_.store(state, std::memory_order_release);
  unlock_room_and_wake(go);
}

void rw_mutex::unlock_room_and_wake(detail::room_waiter* go) noexcept {
  sync::unlock(room_);
  while (go != nullptr) {
    room_waiter* const next = go->next;
    sched::ready(go->who);
    go = next;
  }
}

void rw_mutex::lock_slow() { static_cast<void>(lock_until(nullptr)); }
void rw_mutex::rlock_slow() { static_cast<void>(rlock_until(nullptr)); }

op_status rw_mutex::lock(const context& ctx) {
  return ctx.err() ? op_status::canceled : lock_until(&ctx);
}
op_status rw_mutex::rlock(const context& ctx) {
  return ctx.err() ? op_status::canceled : rlock_until(&ctx);
}

// A waiter was taken out: those behind it may have waited for it alone.
void rw_mutex::let_others_in(detail::room_waiter& gone) noexcept {
  auto& self = *static_cast<rw_mutex*>(gone.owner);
  sync::lock(self.room_);
  if ((self.state_.load(std::memory_order_relaxed) & waited) != 0)
    self.let_next_in(false);
  else
    sync::unlock(self.room_);
}

op_status rw_mutex::lock_until(const context* ctx) {
  sched::parker here;
  here.check();
  room_waiter w;
  w.who = here.who();
  w.is_writer = true;
  w.owner = this;
  w.pass_on = [](room_waiter& dead) noexcept { static_cast<rw_mutex*>(dead.owner)->unlock(); };
  cancelable limit(ctx, room_, w, nullptr, let_others_in);
  if (!limit.start()) return op_status::canceled;
  sync::lock(room_);
  std::uint32_t seen = state_.load(std::memory_order_relaxed);
  for (;;) {
    const bool take = (seen & ~watched) == 0;
    if (!take && w.cancel_came) {
      sync::unlock(room_);
      return op_status::canceled;
    }
    if (state_.compare_exchange_weak(seen, seen | (take ? writer : waited),
                                     std::memory_order_acquire, std::memory_order_relaxed)) {
      if (take) {
        sync::unlock(room_);
        return op_status::ok;
      }
      break;
    }
  }
  push_back(room_, w);
  wait_in(room_, w, here, sched::wait_reason::rw_mutex_lock);
  limit.finish();
  return limit.canceled() ? op_status::canceled : op_status::ok;
}

op_status rw_mutex::rlock_until(const context* ctx) {
  sched::parker here;
  here.check();
  room_waiter w;
  w.who = here.who();
  w.owner = this;
  w.pass_on = [](room_waiter& dead) noexcept { static_cast<rw_mutex*>(dead.owner)->runlock(); };
  cancelable limit(ctx, room_, w, nullptr, let_others_in);
  if (!limit.start()) return op_status::canceled;
  sync::lock(room_);
  std::uint32_t seen = state_.load(std::memory_order_relaxed);
  for (;;) {
    const bool take = (seen & (writer | waited)) == 0;
    if (!take && w.cancel_came) {
      sync::unlock(room_);
      return op_status::canceled;
    }
    if (state_.compare_exchange_weak(seen, take ? seen + 1 : seen | waited,
                                     std::memory_order_acquire, std::memory_order_relaxed)) {
      if (take) {
        sync::unlock(room_);
        return op_status::ok;
      }
      break;
    }
  }
  push_back(room_, w);
  wait_in(room_, w, here, sched::wait_reason::rw_mutex_rlock);
  limit.finish();
  return limit.canceled() ? op_status::canceled : op_status::ok;
}

void rw_mutex::unlock_slow() {
  sched::schedule_point();
  sync::lock(room_);
  std::uint32_t seen = state_.load(std::memory_order_relaxed);
  if ((seen & writer) == 0) {
    sync::unlock(room_);
    sched::fatal("sync: Unlock of unlocked RWMutex");
  }
  if ((seen & waited) == 0 &&
      state_.compare_exchange_strong(seen, seen & ~writer, std::memory_order_release)) {
    sync::unlock(room_);
    return;
  }
  state_.fetch_and(~writer, std::memory_order_release);
  let_next_in(true);
}

void rw_mutex::runlock_slow() {
  sched::schedule_point();
  sync::lock(room_);
  std::uint32_t seen = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((seen & readers) == 0) {
      sync::unlock(room_);
      sched::fatal("sync: RUnlock of unlocked RWMutex");
    }
    if (state_.compare_exchange_weak(seen, seen - 1, std::memory_order_release,
                                     std::memory_order_relaxed))
      break;
  }
  if ((seen & waited) != 0 && (seen & readers) == 1)
    let_next_in(false);
  else
    sync::unlock(room_);
}

}  // namespace offset::inline v0::sync
