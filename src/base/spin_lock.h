// The library's lock for short critical sections: spins, yields the CPU, then sleeps on a futex.
//
// One compare-and-swap locks and one plain store unlocks. Because the store is no
// read-modify-write, a sleeper announces itself (offset/detail/contenders.hpp) and then makes every
// other thread pass a barrier (asymmetric_fence.h) before it looks again: either the owner, who
// looks for sleepers after its store, sees it, or the sleeper sees the lock free. Where the kernel
// has no such barrier, the sleeper sleeps a millisecond at a time instead.
//
// Nothing waits, allocates for a user, or runs user code while holding one. Order of ranks: a
// thread may take a lock only of a lower rank than those it holds (checked in builds with
// assertions).
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>

#include "base/asymmetric_fence.h"
#include "offset/detail/contenders.hpp"

namespace offset::inline v0::base {

enum class rank : std::uint8_t { leaf, channel, timers, scheduler, lifecycle };

/// Shared by spin_lock and the channel's word: the rounds before sleeping.
class backoff {
 public:
  /// Spins a little longer each time; false when it is time to sleep.
  bool spin() noexcept;

 private:
  unsigned round_ = 0;
};

/// The lock itself, on a word that is zero when it is free: for those that keep it elsewhere.
void lock_word_slow(std::atomic<std::uint32_t>& state) noexcept;

inline void lock_word(std::atomic<std::uint32_t>& state) noexcept {
  std::uint32_t free = 0;
  if (!state.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed))
      [[unlikely]]
    lock_word_slow(state);
}
inline void unlock_word(std::atomic<std::uint32_t>& state) noexcept {
  state.store(0, std::memory_order_release);  // pairs with the acquire in lock_word
  // From here on the lock may be gone: only its address is used.
  detail::wake_contender_if_any(&state);
}

class spin_lock {
 public:
  constexpr spin_lock() noexcept : rank_(rank::leaf) {}
  constexpr explicit spin_lock(rank r) noexcept : rank_(r) {}
  spin_lock(const spin_lock&) = delete;
  spin_lock& operator=(const spin_lock&) = delete;

  void lock() noexcept {
    check_rank_lock();
    lock_word(state_);
  }
  bool try_lock() noexcept {
    std::uint32_t free = 0;
    if (state_.load(std::memory_order_relaxed) != 0 ||
        !state_.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                        std::memory_order_relaxed))
      return false;
    check_rank_lock();
    return true;
  }
  void unlock() noexcept {
    check_rank_unlock();
    unlock_word(state_);
  }

 private:
#ifdef NDEBUG
  void check_rank_lock() noexcept {}
  void check_rank_unlock() noexcept {}
#else
  void check_rank_lock() noexcept;
  void check_rank_unlock() noexcept;
#endif

  std::atomic<std::uint32_t> state_{0};
  [[maybe_unused]] rank rank_;
};

}  // namespace offset::inline v0::base
