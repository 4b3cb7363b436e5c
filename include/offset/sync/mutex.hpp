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
/// mode). An unlock happens before the next lock returns. One locked instruction each, uncontended.
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
    std::uint32_t free = 0;
    if (!state_.compare_exchange_strong(free, locked, std::memory_order_acquire,
                                        std::memory_order_relaxed)) [[unlikely]]
      lock_slow();
  }
  /// The same until `ctx` is done at most: ok, or canceled (also when it was done at the start).
  OFFSET_API op_status lock(const context& ctx);
  /// Never waits. Go: TryLock.
  bool try_lock() noexcept {
    std::uint32_t free = 0;
    return state_.compare_exchange_strong(free, locked, std::memory_order_acquire,
                                          std::memory_order_relaxed) ||
           try_lock_slow();
  }
  /// Unlocking an unlocked mutex is fatal: "sync: unlock of unlocked mutex".
  void unlock() {
    std::uint32_t held = locked;
    if (!state_.compare_exchange_strong(held, 0, std::memory_order_release,
                                        std::memory_order_relaxed)) [[unlikely]]
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

  OFFSET_API void lock_slow();
  op_status lock_until(const context* ctx);
  OFFSET_API bool try_lock_slow() noexcept;
  OFFSET_API void unlock_slow();
  void pass_on(detail::room_waiter& dead) noexcept;

  std::atomic<std::uint32_t> state_{0};
  detail::wait_room room_;
};

}  // namespace offset::inline v0::sync
