// Waiters that were taken out of a room under its lock, in order, to be made ready after it.
#pragma once

#include "sync/room.h"

namespace offset::inline v0::grouping {

class ready_list {
 public:
  /// Gives `w`, which is out of its queue, what it waits for.
  void grant(detail::room_waiter& w) noexcept {
    w.granted = true;
    w.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &w;
    last_ = &w;
  }
  void grant_all(detail::wait_room& r) noexcept {
    while (detail::room_waiter* const w = sync::take_first(r)) grant(*w);
  }
  /// No lock is held.
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
