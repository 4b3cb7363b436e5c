// A waiter in a room that gives up when a context is done.
//
// The context's hook and whoever opens the room compete for the waiter under the room's lock: who
// takes it out of the queue makes it ready, once. The hook is linked before the waiter is queued,
// because a context's lock ranks above the room's; a hook that fires in between leaves a mark that
// is looked at before queueing. `at` is null once the room is gone, so that a context that is
// cancelled after that finds nothing to touch.
#pragma once

#include <atomic>

#include "offset/context.hpp"
#include "sched/cancel.h"
#include "sync/room.h"

namespace offset::inline v0::grouping {

class watched : public detail::room_waiter {
 public:
  /// Without a context (null) nothing is watched. Throws panic_error for a nil one. No lock may be
  /// held, here and in the destructor.
  watched(detail::wait_room& r, const sched::parker& here, const context* ctx);
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;
  ~watched();

  /// Under the room's lock, before queueing: the context is done.
  bool is_canceled() const noexcept { return canceled_; }

  /// The room is locked, and this is queued in it. False when the context was done first.
  bool wait(sched::parker& here, sched::wait_reason reason) noexcept;

 private:
  friend void forget_waiters(detail::wait_room& r) noexcept;
  struct hook : sched::cancel_hook {
    watched* of = nullptr;
  };
  static sched::cancel_action fire(sched::cancel_hook& h) noexcept;

  std::atomic<detail::wait_room*> at_;
  const context* ctx_;
  bool canceled_ = false;  // under the room's lock
  hook hook_;
};

/// The room is about to be destroyed, though goroutines may wait in it that will never run again.
void forget_waiters(detail::wait_room& r) noexcept;

/// What was taken out of a room, in order, to be made ready when no lock is held.
class ready_list {
 public:
  void add(detail::room_waiter& w) noexcept {
    w.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &w;
    last_ = &w;
  }
  void take_all(detail::wait_room& r) noexcept {
    while (detail::room_waiter* const w = sync::take_first(r)) {
      w->granted = true;
      add(*w);
    }
  }
  void wake() noexcept {
    while (first_ != nullptr) {
      detail::room_waiter* const w = first_;
      first_ = w->next;  // as soon as it is ready, it is gone
      sched::ready(w->who);
    }
  }

 private:
  detail::room_waiter* first_ = nullptr;
  detail::room_waiter* last_ = nullptr;
};

}  // namespace offset::inline v0::grouping
