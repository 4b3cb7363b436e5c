#include "sync/room.h"

#include "base/spin_lock.h"

namespace offset::inline v0::sync {

void lock(wait_room& r) noexcept { base::lock_words(r.lock_state, r.contenders); }
void unlock(wait_room& r) noexcept { base::unlock_words(r.lock_state, r.contenders); }

void push_back(wait_room& r, room_waiter& w) noexcept {
  w.room = &r;
  w.next = nullptr;
  w.prev = r.last;
  (r.last != nullptr ? r.last->next : r.first) = &w;
  r.last = &w;
  w.queued = true;
}

void push_front(wait_room& r, room_waiter& w) noexcept {
  w.room = &r;
  w.prev = nullptr;
  w.next = r.first;
  (r.first != nullptr ? r.first->prev : r.last) = &w;
  r.first = &w;
  w.queued = true;
}

void unlink(wait_room& r, room_waiter& w) noexcept {
  (w.prev != nullptr ? w.prev->next : r.first) = w.next;
  (w.next != nullptr ? w.next->prev : r.last) = w.prev;
  w.queued = false;
}

room_waiter* take_first(wait_room& r) noexcept {
  room_waiter* const w = r.first;
  if (w != nullptr) unlink(r, *w);
  return w;
}

bool undo_wait_in(void* arg) noexcept {
  auto& w = *static_cast<room_waiter*>(arg);
  wait_room* const r = w.room;
  if (r == nullptr) return true;
  lock(*r);
  const bool mine = w.queued;
  if (mine) unlink(*r, w);
  unlock(*r);
  return mine;
}

void wait_in(wait_room& r, room_waiter& w, sched::parker& here, sched::wait_reason reason) noexcept {
  here.park([](fiber::carrier*, void* arg) { unlock(*static_cast<wait_room*>(arg)); }, &r, reason,
            {undo_wait_in, &w});
}

}  // namespace offset::inline v0::sync

namespace offset::inline v0::detail {

void wait_room::release_all() noexcept {
  sync::lock(*this);
  while (room_waiter* const w = sync::take_first(*this)) w->room = nullptr;
  sync::unlock(*this);
}

}  // namespace offset::inline v0::detail
