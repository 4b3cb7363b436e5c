// The contended side of sync::mutex.
//
// The word: locked, waited (the room is not empty), woken (a waiter was woken and has not tried
// yet, so unlock need not wake another), starving (unlock hands the mutex over to the first waiter,
// and nobody else may take it), watched (made in a testing bubble; never changed), contended (was
// waited for). Without the room's lock the word is changed in three ways only: a mutex that is
// free, and not starving, is taken; one that nobody waits for, or whose woken waiter has not tried
// yet, is unlocked by a compare-and-swap; and a plain owner unlocks by a store (below). A waiter
// that was woken and found the mutex taken queues in front again; after a millisecond of that it
// makes the mutex starve. Starving ends with the last waiter, or with the first that was handed the
// mutex within a millisecond.
//
// Plain owners. Who took the mutex when its word was 0 unlocks it by storing 0, without a look at
// the word: that is half of what an uncontended pair costs. It would overwrite what a waiter has
// written. So a waiter first asks, and the two never miss each other:
//
//   owner:   taken_as_ = leaving;         waiter:  asked_ = 1;
//            asked_ == 0? word = 0                 a barrier on every thread (membarrier);
//            else unlock_slow                      taken_as_ == leaving? come again; else write
//
// An owner that looked at asked_ before the barrier is seen to be leaving, or a later one has
// written taken_as_ since, and then the store of the first is past. (That needs a store which one
// thread has seen to be seen by all, as x86, ARMv8 and RISC-V have it.) All others see that they
// were asked. Between the owner's look and its store lie a few instructions, as between the taking
// of a mutex and the store to taken_as_, which shows the last owner's `leaving` until then; but the
// thread may lose its CPU there. The waiter lets go of the room and looks again, as for the owner
// of a short lock; the last of its pauses are 50 us. An owner's last access is what frees the word.
//
// Invariants. Only the owner writes taken_as_, each owner at least once. asked_ changes under the
// room's lock, which is held until the barrier is past: who holds it and sees 1 knows that.
// (Where `watched` is, nobody asks.) On a mutex that is taken, a bit other than `locked` is set
// under the room's lock, with asked_ set (or `watched`), and not while the owner is leaving: so it
// is not overwritten. `contended` => asked_ is set; who takes or has the mutex under the room's
// lock says `contended` if it is. So all owners after that are not plain ones, until one in
// unlock_slow finds, after 65,535 unlocks by a compare-and-swap, that just then nobody waits, and
// ends it.
#include "offset/sync/mutex.hpp"

#include "base/asymmetric_fence.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/futex.h"
#include "base/planted.h"
#include "base/spin_lock.h"
#include "offset/context.hpp"
#include "sched/bubble.h"
#include "sched/panic.h"
#include "sync/room.h"

namespace offset::inline v0::sync {
namespace {

constexpr std::int64_t starves_after = 1'000'000;
constexpr int spin_rounds = 4;
constexpr int pauses_a_round = 16;
constexpr std::int64_t leaving_takes = 50'000;  // if its thread has lost its CPU

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
                                     std::memory_order_relaxed)) {
      taken_as_.store(static_cast<std::uint8_t>(seen), std::memory_order_relaxed);
      return true;
    }
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
  base::backoff for_owner;
  for (;;) {
    sync::lock(room_);
    if (w.cancel_came && !was_woken) {
      sync::unlock(room_);
      return op_status::canceled;
    }
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    bool taken = false;
    bool may_write = false;
    std::uint32_t next = 0;
    do {
      taken = (seen & (locked | starving)) == 0;
      next = seen | locked;
      if (!taken) next |= waited;
      if (was_woken) {
        next &= ~woken;
        if (!taken && sched::now_ns() - since > starves_after) next |= starving;
      }
      may_write = taken || ask_owner(seen);
      if (asked_.load(std::memory_order_relaxed) != 0) next |= contended;
    } while (may_write && !state_.compare_exchange_weak(seen, next, std::memory_order_acquire,
                                                        std::memory_order_relaxed));
    if (!may_write) {
      sync::unlock(room_);
      if (!for_owner.spin()) base::futex_wait_until(state_, locked, base::now_ns() + leaving_takes);
      continue;
    }
    // A plain owner again if nobody has asked.
    if (taken)
      taken_as_.store(static_cast<std::uint8_t>(next & ~locked), std::memory_order_relaxed);
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
      taken_as_.store(unknown, std::memory_order_relaxed);
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

// Under the room's lock, of a mutex that is taken: whether its word may be written to.
bool mutex::ask_owner(std::uint32_t seen) noexcept {
  if ((seen & (contended | watched)) != 0) return true;
  if (asked_.load(std::memory_order_relaxed) == 0) {
    asked_.store(1, std::memory_order_relaxed);
    if (!base::planted(base::plant::unseen_request)) base::asymmetric_fence_heavy_or_wait();
  }
  return taken_as_.load(std::memory_order_acquire) != leaving ||
         base::planted(base::plant::overwritten_waiter);
}

void mutex::unlock_slow() {
  // Before others of this thread may run: none waits for an owner that is leaving.
  taken_as_.store(unknown, std::memory_order_relaxed);
  sched::schedule_point();
  for (;;) {
    sync::lock(room_);
    // Nobody else changes the word while the caller holds both the mutex and the room.
    std::uint32_t now = state_.load(std::memory_order_relaxed);
    if ((now & locked) == 0) {
      sync::unlock(room_);
      sched::fatal("sync: unlock of unlocked mutex");
    }
    if (asked_.load(std::memory_order_relaxed) != 0) now |= contended;
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
      // Where there is no barrier, to ask again would cost too much.
      if (unlocks_ == 0 && (now & (waited | woken)) == 0 && base::prepare_asymmetric_fence()) {
        now &= ~contended;
        asked_.store(0, std::memory_order_relaxed);
        unlocks_ = 1;
      }
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
