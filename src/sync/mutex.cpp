// The contended side of sync::mutex.
//
// The word: locked, waited (the room is not empty), woken (a waiter was woken and has not tried
// yet, so unlock need not wake another), starving (unlock hands the mutex over to the first waiter,
// and nobody else may take it), watched (made in a testing bubble; never changed). Without the
// room's lock the word is changed in two ways only: a mutex that is free, and not starving, is
// taken; and one that nobody waits for, or whose woken waiter has not tried yet, is unlocked. A
// waiter that was woken and found the mutex taken queues in front again; after a millisecond of
// that it makes the mutex starve. Starving ends with the last waiter, or with the first that was
// handed the mutex within a millisecond.
#include "offset/sync/mutex.hpp"

#include "base/clock.h"
#include "base/cpu.h"
#include "offset/context.hpp"
#include "sched/bubble.h"
#include "sched/panic.h"
#include "sync/room.h"

namespace offset::inline v0::sync {
namespace {

constexpr std::int64_t starves_after = 1'000'000;
constexpr int spin_rounds = 4;
constexpr int pauses_a_round = 16;

}  // namespace

bool mutex::try_lock_slow() noexcept {
  sched::schedule_point();
  return take_if_free();
}

// With waiters queued a free mutex may still be taken, unless it is being handed over.
bool mutex::take_if_free() noexcept {
  std::uint32_t seen = state_.load(std::memory_order_relaxed);
  while ((seen & (locked | starving)) == 0)
    if (state_.compare_exchange_weak(seen, seen | locked, std::memory_order_acquire,
                                     std::memory_order_relaxed))
      return true;
  return false;
}

void mutex::lock_slow() { static_cast<void>(lock_until(nullptr)); }

op_status mutex::lock(const context& ctx) {
  if (ctx.err()) return op_status::canceled;
  if (take_at_once()) return op_status::ok;
  return lock_until(&ctx);
}

op_status mutex::lock_until(const context* ctx) {
  if (try_lock_slow()) return op_status::ok;
  // A short critical section on another CPU is over sooner than we would be asleep. Where the owner
  // cannot be running, or somebody else wants this CPU, spinning only delays it.
  if (sched::worth_spinning())
    for (int round = 0; round < spin_rounds; ++round) {
      for (int i = 0; i < pauses_a_round; ++i) base::cpu_pause();
      if (try_lock_slow()) return op_status::ok;
    }
  sched::parker here;
  here.check();
  room_waiter w;
  w.who = here.who();
  w.owner = this;
  w.pass_on = [](room_waiter& dead) noexcept { static_cast<mutex*>(dead.owner)->pass_on(dead); };
  cancelable limit(ctx, room_, w, nullptr, nullptr);
  if (!limit.start()) return op_status::canceled;
  std::int64_t since = 0;
  bool was_woken = false;
  for (;;) {
    sync::lock(room_);
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    bool taken = false;
    bool starve = false;
    for (;;) {
      std::uint32_t next = 0;
      taken = (seen & (locked | starving)) == 0;
      if (taken) {
        next = seen | locked;
      } else {
        starve = was_woken && sched::now_ns() - since > starves_after;
        next = seen | waited | (starve && (seen & locked) != 0 ? starving : 0);
      }
      if (was_woken) next &= ~woken;
      if (state_.compare_exchange_weak(seen, next, std::memory_order_acquire,
                                       std::memory_order_relaxed))
        break;
    }
    // A waiter that was woken takes a mutex that is free even if its context is done: the unlock
    // that woke it woke nobody else.
    if (taken || w.cancel_came) {
      sync::unlock(room_);
      return taken ? op_status::ok : op_status::canceled;
    }
    if (since == 0) since = sched::now_ns();
    if (was_woken)
      push_front(room_, w);
    else
      push_back(room_, w);
    wait_in(room_, w, here, sched::wait_reason::mutex_lock);
    if (w.granted) {
      // The wait was short: those behind do not starve, and handing over costs a switch each time.
      if (sched::now_ns() - since <= starves_after) {
        sync::lock(room_);
        state_.fetch_and(~starving, std::memory_order_relaxed);
        sync::unlock(room_);
      }
      return op_status::ok;
    }
    if (w.canceled) return op_status::canceled;
    was_woken = true;
    here.again();
  }
}

// A waiter that was woken, or given the mutex, and never runs.
void mutex::pass_on(room_waiter& dead) noexcept {
  if (dead.granted) {
    unlock();
    return;
  }
  sync::lock(room_);
  state_.fetch_and(~woken, std::memory_order_relaxed);
  sync::unlock(room_);
  // Free: the unlock wakes the next one. Taken: its owner's unlock will.
  if (try_lock()) unlock();
}

void mutex::unlock_slow() {
  sched::schedule_point();
  for (;;) {
    sync::lock(room_);
    // Nobody else changes the word while the caller holds both the mutex and the room.
    std::uint32_t now = state_.load(std::memory_order_relaxed);
    if ((now & locked) == 0) {
      sync::unlock(room_);
      sched::fatal("sync: unlock of unlocked mutex");
    }
    room_waiter* next = nullptr;
    if ((now & starving) != 0) {
      next = take_first(room_);
      if (next != nullptr) next->granted = true;  // it stays locked
      if (room_.first == nullptr) now &= ~(waited | starving);
    } else {
      // One that is woken takes the room's lock first: the mutex stays until it was let go of here.
      if ((now & woken) == 0 && (next = take_first(room_)) != nullptr)
        now = (now | woken) & ~locked;
      if (room_.first == nullptr) now &= ~waited;
    }
    state_.store(now, std::memory_order_release);
    sync::unlock(room_);
    if (next != nullptr) {
      sched::ready(next->who);
      return;
    }
    // Nobody is to be woken: freed by one change of the word, after which the mutex may be gone.
    while (may_just_unlock(now & ~watched))
      if (state_.compare_exchange_weak(now, now & ~locked, std::memory_order_release,
                                       std::memory_order_relaxed))
        return;
  }
}

}  // namespace offset::inline v0::sync
