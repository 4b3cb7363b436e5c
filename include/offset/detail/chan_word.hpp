/// \file
/// The first word of a channel: its lock, what it is ready for, and a version, in 64 bits.
///
/// One compare-and-swap locks, one store unlocks. A channel that is not ready is seen by one load,
/// and two equal loads of an unlocked word prove that nobody changed the channel between them,
/// which is how a select with a default looks at several channels at one instant without locking
/// any.
///
///   bit 0   locked
///   bit 1   closed
///   bit 2   receivable: a receive would not wait (a value, a waiting sender, or closed)
///   bit 3   sendable: a send would not wait (room, a waiting receiver, or closed: it panics)
///   bit 4   waited: some waiter is queued (it may be stale: a select that was won elsewhere)
///   bit 5…  version, one more at each unlock
///
/// Bits 1 to 4 are written by the lock's owner as it unlocks, so an unlocked word tells the truth
/// about bits 1 to 3, except that a stale waiter may make a channel look ready: the lock then
/// tells. A channel made in a testing bubble always looks ready and waited for, so that no
/// operation on it is done without the library.
///
/// The contended path spins, yields the CPU, then sleeps on a futex. Because the unlocking store is
/// not a read-modify-write, the sleeper announces itself (contenders.hpp) and makes every other
/// thread pass a barrier before it looks at the word again (base/asymmetric_fence.h); the owner
/// looks for sleepers after its store. So either the owner sees the contender or the contender sees
/// the lock free.
#pragma once

#include <atomic>
#include <cstdint>

#include <offset/config.hpp>
#include <offset/detail/contenders.hpp>

namespace offset::inline v0::detail {

class chan_word {
 public:
  using value = std::uint64_t;
  static constexpr value locked = 1;
  static constexpr value closed = 2;
  static constexpr value receivable = 4;
  static constexpr value sendable = 8;
  static constexpr value waited = 16;
  static constexpr value flags = closed | receivable | sendable | waited;
  static constexpr value version_step = 32;

  constexpr explicit chan_word(value initial_flags) noexcept : word_(initial_flags) {}
  chan_word(const chan_word&) = delete;
  chan_word& operator=(const chan_word&) = delete;

  /// Pairs with unlock: what is read after it is at least as new as the word.
  value load() const noexcept { return word_.load(std::memory_order_acquire); }
  /// The word of a lock that the caller holds.
  value own() const noexcept { return word_.load(std::memory_order_relaxed); }

  /// One try, for the inline paths: `seen` must be unlocked. (Acquire: pairs with unlock.)
  bool try_lock(value seen) noexcept {
    return word_.compare_exchange_strong(seen, seen | locked, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }

  /// One try; `seen`: the word.
  bool lock_at_once(value& seen) noexcept {
    seen = word_.load(std::memory_order_relaxed);
    return (seen & locked) == 0 && try_lock(seen);
  }
  value lock() noexcept {
    value seen = 0;
    return lock_at_once(seen) ? seen : lock_slow();
  }

  /// `before` is what lock() returned (its flags are replaced, its version moves on).
  void unlock(value before, value new_flags) noexcept {
    store_unlocked(before, new_flags);
    // From here on the channel may be gone: only its address is used.
    wake_contender_if_any(&word_);
  }
  /// The same for who looks for contenders of `this` later.
  void store_unlocked(value before, value new_flags) noexcept {
    word_.store(((before & ~(flags | locked)) + version_step) | new_flags,
                std::memory_order_release);
  }

 private:
  OFFSET_API value lock_slow() noexcept;

  std::atomic<value> word_;
};

}  // namespace offset::inline v0::detail
