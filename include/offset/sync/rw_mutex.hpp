/// \file
/// sync::rw_mutex: many readers or one writer. Go's sync.RWMutex.
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

/// SharedLockable as well: std::shared_lock reads, std::unique_lock writes. A writer that waits
/// keeps new readers out, so a goroutine must not read-lock twice. When a writer unlocks, the
/// readers that waited go first, then the next writer. From goroutines and plain threads.
class rw_mutex {
 public:
  constexpr rw_mutex() noexcept {
    if (!std::is_constant_evaluated() && detail::bubble_alive.load(std::memory_order_relaxed))
      state_.store(watched, std::memory_order_relaxed);
  }
  rw_mutex(const rw_mutex&) = delete;
  rw_mutex& operator=(const rw_mutex&) = delete;

  /// Waits until there is no reader and no writer.
  void lock() {
    std::uint32_t free = 0;
    if (!state_.compare_exchange_strong(free, writer, std::memory_order_acquire,
                                        std::memory_order_relaxed))
      lock_slow();
  }
  bool try_lock() noexcept {
    std::uint32_t free = state_.load(std::memory_order_relaxed) & watched;
    return state_.compare_exchange_strong(free, free | writer, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  /// Fatal when it is not write-locked: "sync: Unlock of unlocked RWMutex".
  void unlock() {
    std::uint32_t held = writer;
    if (!state_.compare_exchange_strong(held, 0, std::memory_order_release,
                                        std::memory_order_relaxed))
      unlock_slow();
  }

  /// The same until `ctx` is done at most: ok, or canceled (also when it was done at the start).
  OFFSET_API op_status lock(const context& ctx);
  OFFSET_API op_status rlock(const context& ctx);

  /// Waits until there is no writer and none waits.
  void rlock() {
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    if ((seen & (writer | waited | watched)) != 0 ||
        !state_.compare_exchange_strong(seen, seen + 1, std::memory_order_acquire,
                                        std::memory_order_relaxed))
      rlock_slow();
  }
  OFFSET_API bool try_rlock() noexcept;
  /// Fatal when it is not read-locked: "sync: RUnlock of unlocked RWMutex".
  void runlock() {
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    if ((seen & (writer | waited | watched)) != 0 || seen == 0 ||
        !state_.compare_exchange_strong(seen, seen - 1, std::memory_order_release,
                                        std::memory_order_relaxed))
      runlock_slow();
  }

  /// The names of the standard's SharedLockable.
  void lock_shared() { rlock(); }
  bool try_lock_shared() noexcept { return try_rlock(); }
  void unlock_shared() { runlock(); }

 private:
  static constexpr std::uint32_t writer = 1U << 30;
  static constexpr std::uint32_t waited = 1U << 31;  // the room is not empty
  // Made in a testing bubble: never 0, so that the library sees every operation.
  static constexpr std::uint32_t watched = 1U << 29;
  static constexpr std::uint32_t readers = watched - 1;

  OFFSET_API void lock_slow();
  OFFSET_API void unlock_slow();
  OFFSET_API void rlock_slow();
  op_status lock_until(const context* ctx);
  op_status rlock_until(const context* ctx);
  OFFSET_API void runlock_slow();
  void let_next_in(bool readers_first) noexcept;
  static void let_others_in(detail::room_waiter& gone) noexcept;
  void unlock_room_and_wake(detail::room_waiter* go) noexcept;

  std::atomic<std::uint32_t> state_{0};
  detail::wait_room room_;
};

}  // namespace offset::inline v0::sync
