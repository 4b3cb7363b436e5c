/// \file
/// sync::cond: waiting for a condition that a mutex guards. Go's sync.Cond.
#pragma once

#include <mutex>
#include <utility>

#include <offset/config.hpp>
#include <offset/detail/wait_room.hpp>
#include <offset/sync/mutex.hpp>

namespace offset::inline v0::sync {

/// Waiters are woken first in, first out; one that comes later never takes a signal from one that
/// waited before, and nobody wakes up without a signal.
class cond {
 public:
  explicit cond(mutex& m) noexcept : mutex_(&m) {}
  cond(const cond&) = delete;
  cond& operator=(const cond&) = delete;

  /// Unlocks, waits for a signal, locks again. `lock` must hold the mutex of this cond, or
  /// panic_error is thrown.
  OFFSET_API void wait(std::unique_lock<mutex>& lock);
  /// Waits until `pred()` holds; at once when it does.
  template <class Pred>
  void wait(std::unique_lock<mutex>& lock, Pred pred) {
    while (!pred()) wait(lock);
  }

  /// The same until `ctx` is done at most: ok, or canceled (also when it was done at the start).
  /// The mutex is held again in either case. A signal is never lost to a wait that was canceled.
  OFFSET_API op_status wait(const context& ctx, std::unique_lock<mutex>& lock);
  /// Waits until `pred()` holds: ok if it does, though the context may be done.
  template <class Pred>
  op_status wait(const context& ctx, std::unique_lock<mutex>& lock, Pred pred) {
    while (!pred())
      if (wait(ctx, lock) == op_status::canceled)
        return pred() ? op_status::ok : op_status::canceled;
    return op_status::ok;
  }

  /// Wakes the one that has waited longest, if any. The mutex need not be held.
  OFFSET_API void signal() noexcept;
  /// Wakes all that wait now.
  OFFSET_API void broadcast() noexcept;
  void notify_one() noexcept { signal(); }
  void notify_all() noexcept { broadcast(); }

 private:
  op_status wait_until(const context* ctx, std::unique_lock<mutex>& lock);

  mutex* mutex_;
  detail::wait_room room_;
};

}  // namespace offset::inline v0::sync
