#include "offset/sync/cond.hpp"

#include "offset/error.hpp"
#include "sync/room.h"

namespace offset::inline v0::sync {

void cond::wait(std::unique_lock<mutex>& held) {
  if (held.mutex() != mutex_ || !held.owns_lock())
    throw panic_error("sync: Cond.Wait without its mutex held");
  sched::parker here;
  room_waiter w;
  w.who = here.who();
  struct waiting {
    wait_room* room;
    mutex* m;
  } arg{&room_, mutex_};
  sync::lock(room_);
  push_back(room_, w);
  // Both locks are released once the stack has been left: a signal cannot come too early.
  here.park(
      [](fiber::carrier*, void* p) {
        const waiting a = *static_cast<waiting*>(p);
        sync::unlock(*a.room);
        a.m->unlock();
      },
      &arg, sched::wait_reason::cond_wait, {undo_wait_in, &w});
  mutex_->lock();
}

void cond::signal() noexcept {
  sync::lock(room_);
  room_waiter* const w = take_first(room_);
  sync::unlock(room_);
  if (w != nullptr) sched::ready(w->who);
}

void cond::broadcast() noexcept {
  sync::lock(room_);
  room_waiter* all = room_.first;
  for (room_waiter* w = all; w != nullptr; w = w->next) w->queued = false;
  room_.first = nullptr;
  room_.last = nullptr;
  sync::unlock(room_);
  while (all != nullptr) {
    room_waiter* const next = all->next;
    sched::ready(all->who);
    all = next;
  }
}

}  // namespace offset::inline v0::sync
