// A wait_room from the inside: the lock, the queue, and waiting in it.
//
// A waiter lies on the stack of whoever waits. Under the room's lock: the queue and `room`. Whoever
// has taken a waiter out owns it until it has made it ready.
#pragma once

#include "offset/detail/wait_room.hpp"
#include "sched/cancel.h"
#include "sched/sched.h"

namespace offset::inline v0::sync {
class cancelable;
}

namespace offset::inline v0::detail {

struct room_waiter {
  room_waiter* next = nullptr;
  room_waiter* prev = nullptr;
  room_waiter* next_handed = nullptr;
  room_waiter* prev_handed = nullptr;
  wait_room* room = nullptr;  // null once the room is gone
  sched::sleeper who = 0;
  std::int64_t amount = 0;  // what it wants, for those that count
  // For one that was made ready and never runs: gives on what it was given. With it, a waiter that
  // was taken out stays known to the room until it runs again; without, nothing of the room is
  // touched then.
  void (*pass_on)(room_waiter& w) noexcept = nullptr;
  void* owner = nullptr;               // the primitive, for pass_on and on_canceled
  sync::cancelable* cancel = nullptr;  // what may take it out because a context is done
  bool canceled = false;               // it was taken out so
  bool cancel_came = false;            // the context was done while it was not queued
  bool is_writer = false;
  bool queued = false;
  bool is_handed = false;
  bool granted = false;  // it was given what it waits for
};

}  // namespace offset::inline v0::detail

namespace offset::inline v0::sync {

using detail::room_waiter;
using detail::wait_room;

void lock(wait_room& r) noexcept;
void unlock(wait_room& r) noexcept;

void push_back(wait_room& r, room_waiter& w) noexcept;
void push_front(wait_room& r, room_waiter& w) noexcept;
void unlink(wait_room& r, room_waiter& w) noexcept;
room_waiter* take_first(wait_room& r) noexcept;

/// The room is locked and `w` is queued; unlocks it once the stack has been left, and returns when
/// made ready.
void wait_in(wait_room& r, room_waiter& w, sched::parker& here, sched::wait_reason reason) noexcept;

/// What wait_in does after the wait, for those that park by themselves.
void runs_again(wait_room& r, room_waiter& w) noexcept;

/// The link between a waiter and a context: takes the waiter out of its room once the context is
/// done. Lies beside the waiter. A waiter is either given what it waits for or taken out, whichever
/// comes first under the room's lock, so nothing is lost between the two.
///
/// Use: make it; start(), and give up if it answers false; lock the room and queue the waiter
/// unless `cancel_came`; wait; finish() before the waiter is looked at.
class cancelable : public sched::cancel_hook {
 public:
  /// `taken_out` is called under the room's lock; `afterwards` by the waiter (or in its place, if
  /// it never runs again), outside all locks. Both may be null.
  using callback = void (*)(room_waiter& w) noexcept;
  cancelable(const context* ctx, wait_room& r, room_waiter& w, callback taken_out,
             callback afterwards) noexcept;
  cancelable(const cancelable&) = delete;
  cancelable& operator=(const cancelable&) = delete;
  ~cancelable() { finish(); }

  bool start();
  void finish() noexcept;
  /// After finish(): true when the wait was canceled; sees to `afterwards`.
  bool canceled() noexcept;

 private:
  static sched::cancel_action take_out(sched::cancel_hook& h) noexcept;

  const context* ctx_;  // null: never canceled
  room_waiter* waiter_;
  callback taken_out_;
  callback afterwards_;
  bool watching_ = false;
};

/// For park's hook.
sched::abandon_hook hook_of(room_waiter& w) noexcept;

}  // namespace offset::inline v0::sync
