// A one-shot wake-up for a thread: wake() before or after wait() begins, each once. clear() makes
// it ready for the next use and may only be called by the waiter, when no wake can be under way.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/futex.h"

namespace offset::inline v0::base {

class note {
 public:
  void clear() noexcept { word_.store(0, std::memory_order_relaxed); }
  bool is_set() const noexcept { return word_.load(std::memory_order_acquire) != 0; }

  /// Release: pairs with the acquire in wait, so the woken sees what the waker did. The note may be
  /// gone as soon as the word is set; the futex call then wakes nobody, or somebody spuriously.
  void wake() noexcept {
    word_.store(1, std::memory_order_release);
    futex_wake(word_, 1);
  }
  void wait() noexcept {
    while (!is_set()) futex_wait(word_, 0);
  }
  /// False when the deadline passed first.
  bool wait_until(std::int64_t deadline_ns) noexcept {
    while (!is_set())
      if (!futex_wait_until(word_, 0, deadline_ns)) return is_set();
    return true;
  }

 private:
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace offset::inline v0::base
