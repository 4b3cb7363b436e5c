#include "sync/room.h"

#include "base/spin_lock.h"

namespace offset::inline v0::sync {

void lock(wait_room& r) noexcept { base::lock_word(r.lock_state); }
void unlock(wait_room& r) noexcept { base::unlock_word(r.lock_state); }

namespace {

// A waiter that a context may take out knows its room from the start, and the context looks there
// without the lock: not written again.
void enter(wait_room& r, room_waiter& w) noexcept {
  if (w.room != &r) w.room = &r;
  w.queued = true;
}

}  // namespace

void push_back(wait_room& r, room_waiter& w) noexcept {
  w.next = nullptr;
  w.prev = r.last;
  (r.last != nullptr ? r.last->next : r.first) = &w;
  r.last = &w;
  enter(r, w);
}

void push_front(wait_room& r, room_waiter& w) noexcept {
  w.prev = nullptr;
  w.next = r.first;
  (r.first != nullptr ? r.first->prev : r.last) = &w;
  r.first = &w;
  enter(r, w);
}

void unlink(wait_room& r, room_waiter& w) noexcept {
  (w.prev != nullptr ? w.prev->next : r.first) = w.next;
  (w.next != nullptr ? w.next->prev : r.last) = w.prev;
  w.queued = false;
  if (w.pass_on == nullptr) return;
  w.is_handed = true;
  w.prev_handed = nullptr;
  w.next_handed = r.handed;
  if (r.handed != nullptr) r.handed->prev_handed = &w;
  r.handed = &w;
}

namespace {

// It runs again, or never will.
void leave_handed(wait_room& r, room_waiter& w) noexcept {
  if (!w.is_handed) return;
  w.is_handed = false;
  (w.prev_handed != nullptr ? w.prev_handed->next_handed : r.handed) = w.next_handed;
  if (w.next_handed != nullptr) w.next_handed->prev_handed = w.prev_handed;
}

}  // namespace

room_waiter* take_first(wait_room& r) noexcept {
  room_waiter* const w = r.first;
  if (w != nullptr) unlink(r, *w);
  return w;
}

namespace {

bool undo_wait_in(void* arg) noexcept {
  auto& w = *static_cast<room_waiter*>(arg);
  if (w.cancel != nullptr) w.cancel->finish();
  wait_room* const r = w.room;
  if (r == nullptr) return true;
  lock(*r);
  const bool mine = w.queued;
  if (mine) {
    unlink(*r, w);
    leave_handed(*r, w);
  }
  unlock(*r);
  return mine;
}

void settle_wait_in(void* arg) noexcept {
  auto& w = *static_cast<room_waiter*>(arg);
  if (w.cancel != nullptr) w.cancel->finish();
  wait_room* const r = w.room;
  if (w.pass_on == nullptr || r == nullptr) return;
  lock(*r);
  const bool was_taken_out = w.is_handed;
  leave_handed(*r, w);
  unlock(*r);
  if (!was_taken_out) return;
  if (w.canceled)
    w.cancel->see_to_others();
  else
    w.pass_on(w);
}

}  // namespace

cancelable::cancelable(const context* ctx, wait_room& r, room_waiter& w, may_take_out* may,
                       callback* afterwards) noexcept
    : ctx_(ctx), waiter_(&w), may_(may), afterwards_(afterwards) {
  if (ctx == nullptr) return;
  w.room = &r;
  w.cancel = this;
  who = w.who;
  fire = take_out;
}

bool cancelable::start() { return ctx_ == nullptr || sched::cancel_watch(*ctx_, *this); }

void cancelable::finish() noexcept { sched::cancel_unwatch(*this); }

bool cancelable::canceled() noexcept {
  if (!waiter_->canceled) return false;
  see_to_others();
  return true;
}

void cancelable::see_to_others() noexcept {
  if (afterwards_ != nullptr) afterwards_(*waiter_);
}

sched::cancel_action cancelable::take_out(sched::cancel_hook& h) noexcept {
  auto& self = static_cast<cancelable&>(h);
  room_waiter& w = *self.waiter_;
  wait_room* const r = w.room;
  if (r == nullptr) return sched::cancel_action::nothing;
  lock(*r);
  const bool mine = w.queued && (self.may_ == nullptr || self.may_(w));
  if (mine) {
    // Known to the room until it runs again, as one that was given something: it may still have to
    // see to the others, or the room may go.
    unlink(*r, w);
    w.canceled = true;
  } else if (!w.queued) {
    w.cancel_came = true;
  }
  unlock(*r);
  return mine ? sched::cancel_action::wake : sched::cancel_action::nothing;
}

sched::abandon_hook hook_of(room_waiter& w) noexcept {
  static constexpr sched::abandon_actions actions{undo_wait_in, settle_wait_in};
  return {&actions, &w};
}

void runs_again(wait_room& r, room_waiter& w) noexcept {
  if (w.pass_on == nullptr) return;
  lock(r);
  leave_handed(r, w);
  unlock(r);
}

void wait_in(wait_room& r, room_waiter& w, sched::parker& here,
             sched::wait_reason reason) noexcept {
  here.park([](fiber::carrier*, void* arg) { unlock(*static_cast<wait_room*>(arg)); }, &r, reason,
            hook_of(w));
  runs_again(r, w);
}

}  // namespace offset::inline v0::sync

namespace offset::inline v0::detail {

void wait_room::release_all() noexcept {
  sync::lock(*this);
  while (room_waiter* const w = sync::take_first(*this)) w->room = nullptr;
  for (room_waiter* w = handed; w != nullptr; w = w->next_handed) w->room = nullptr;
  sync::unlock(*this);
}

}  // namespace offset::inline v0::detail
