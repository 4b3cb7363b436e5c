/// \file
/// sync::mutex: mutual exclusion that parks the goroutine, not its thread. Go's sync.Mutex.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include <offset/config.hpp>
#include <offset/detail/bubble.hpp>
#include <offset/detail/wait_room.hpp>
#include <offset/error.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::sync {

/// Lockable: std::lock_guard, unique_lock and scoped_lock work. From goroutines and plain threads;
/// not recursive; may be unlocked by another goroutine than the one that locked it. Waiters are
/// first in, first out, but a running goroutine may lock a mutex that was just unlocked before the
/// woken one does, until one has waited for a millisecond: then it is handed over (Go's starvation
/// mode). An unlock happens before the next lock returns; what unlocks must happen after the lock.
/// Locking is one locked instruction. Unlocking is none, until somebody has waited, and again once
/// thousands of unlocks later nobody does. Such a first wait costs a membarrier: half a
/// microsecond, some when other CPUs are busy, 10 ms where the kernel refuses it.
class mutex {
 public:
  constexpr mutex() noexcept {
    if (!std::is_constant_evaluated() && detail::bubble_alive.load(std::memory_order_relaxed))
      state_.store(watched, std::memory_order_relaxed);
  }
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  /// Waits until the mutex is free.
  void lock() {
    if (!take_at_once()) [[unlikely]]
      lock_slow();
  }
  /// The same until `ctx` is done at most: ok, or canceled (also when it was done at the start).
  OFFSET_API op_status lock(const context& ctx);
  /// Never waits. Go: TryLock.
  bool try_lock() noexcept { return take_at_once() || try_lock_slow(); }
  /// Unlocking an unlocked mutex is fatal: "sync: unlock of unlocked mutex". (Two that unlock it at
  /// the same moment may go unnoticed.)
  void unlock() {
    // What it was taken as says what to do: a look at the word would wait for the locked
    // instruction that took it.
    std::uint32_t seen = taken_as_.load(std::memory_order_relaxed) | locked;
    if (seen == locked) {
      taken_as_.store(leaving, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
      if (asked_.load(std::memory_order_relaxed) == 0) [[likely]] {
        state_.store(0, std::memory_order_release);  // from here on the mutex may be gone
        return;
      }
    } else if (may_just_unlock(seen) && ++unlocks_ != 0 &&
               state_.compare_exchange_strong(seen, seen & ~locked, std::memory_order_release,
                                              std::memory_order_relaxed)) [[likely]] {
      return;
    }
    unlock_slow();
  }

 private:
  friend class cond;
  static constexpr std::uint32_t locked = 1;
  static constexpr std::uint32_t waited = 2;    // the room is not empty
  static constexpr std::uint32_t woken = 4;     // a waiter was woken and has not tried yet
  static constexpr std::uint32_t starving = 8;  // unlock hands over
  // Made in a testing bubble: never 0, so that the library sees every operation.
  static constexpr std::uint32_t watched = 16;
  // Was waited for: unlocked by a compare-and-swap. Who took it without, when the word was 0, is a
  // plain owner, who unlocks by a store unless asked not to: src/sync/mutex.cpp.
  static constexpr std::uint32_t contended = 32;

  /// Free, and not being handed over: it may be taken even with waiters queued. Looks before the
  /// locked instruction, which costs as much when it fails.
  bool take_at_once() noexcept {
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    if ((seen & (locked | starving | watched)) != 0 ||
        !state_.compare_exchange_strong(seen, seen | locked, std::memory_order_acquire,
                                        std::memory_order_relaxed))
      return false;
    taken_as_.store(static_cast<std::uint8_t>(seen), std::memory_order_relaxed);
    return true;
  }
  /// Nobody waits, or one that was woken is about to try: no other need be.
  static bool may_just_unlock(std::uint32_t seen) noexcept {
    return (seen & ~contended) == locked ||
           (seen & (locked | woken | starving | watched)) == (locked | woken);
  }

  OFFSET_API void lock_slow();
  op_status lock_until(const context* ctx);
  OFFSET_API bool try_lock_slow() noexcept;
  OFFSET_API void unlock_slow();
  bool take_if_free() noexcept;
  void pass_on(detail::room_waiter& dead) noexcept;

  bool ask_owner(std::uint32_t seen) noexcept;

  std::atomic<std::uint32_t> state_{0};
  // The owner's: the word without `locked` as it was when it was taken, or one of two others.
  static constexpr std::uint8_t unknown = starving;  // to be unlocked by unlock_slow
  static constexpr std::uint8_t leaving = 64;        // is being, or was, unlocked by a plain owner
  std::atomic<std::uint8_t> taken_as_{unknown};
  std::atomic<std::uint8_t> asked_{0};  // the room's: 1 if owners must not unlock by a store
  std::uint16_t unlocks_ = 1;           // the owner's: its like's compare-and-swaps, until it is 0
  detail::wait_room room_;
};

}  // namespace offset::inline v0::sync
