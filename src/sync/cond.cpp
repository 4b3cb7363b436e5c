#include "offset/sync/cond.hpp"

#include "offset/context.hpp"
#include "offset/error.hpp"
#include "sched/bubble.h"
#include "sync/room.h"

namespace offset::inline v0::sync {

void cond::wait(std::unique_lock<mutex>& held) { static_cast<void>(wait_until(nullptr, held)); }

op_status cond::wait(const context& ctx, std::unique_lock<mutex>& held) {
  return ctx.err() ? op_status::canceled : wait_until(&ctx, held);
}

op_status cond::wait_until(const context* ctx, std::unique_lock<mutex>& held) {
  if (held.mutex() != mutex_ || !held.owns_lock())
    throw panic_error("sync: Cond.Wait without its mutex held");
  sched::parker here;
  here.check();
  room_waiter w;
  w.who = here.who();
  w.owner = this;
  w.pass_on = [](room_waiter& dead) noexcept { static_cast<cond*>(dead.owner)->signal(); };
  struct waiting {
    wait_room* room;
    mutex* m;
  } arg{&room_, mutex_};
  cancelable limit(ctx, room_, w, nullptr, nullptr);
  if (!limit.start()) return op_status::canceled;
  sync::lock(room_);
  if (w.cancel_came) {
    sync::unlock(room_);
    return op_status::canceled;
  }
  push_back(room_, w);
  // Both locks are released once the stack has been left: a signal cannot come too early.
  here.park(
      [](fiber::carrier*, void* p) {
        const waiting a = *static_cast<waiting*>(p);
        sync::unlock(*a.room);
        a.m->unlock();
      },
      &arg, sched::wait_reason::cond_wait, hook_of(w));
  runs_again(room_, w);
  limit.finish();
  mutex_->lock();
  return limit.canceled() ? op_status::canceled : op_status::ok;
}

void cond::signal() noexcept {
  sched::schedule_point();
  sync::lock(room_);
  room_waiter* const w = take_first(room_);
  sync::unlock(room_);
  if (w != nullptr) sched::ready(w->who);
}

void cond::broadcast() noexcept {
  sched::schedule_point();
  sync::lock(room_);
  // A chain of those to wake; `next` is theirs again once they are out of the queue.
  room_waiter* all = nullptr;
  room_waiter** tail = &all;
  while (room_waiter* const w = take_first(room_)) {
    w->next = nullptr;
    *tail = w;
    tail = &w->next;
  }
  sync::unlock(room_);
  while (all != nullptr) {
    room_waiter* const next = all->next;
    sched::ready(all->who);
    all = next;
  }
}

}  // namespace offset::inline v0::sync
