// A wait_room from the inside: the lock, the queue, and waiting in it.
//
// A waiter lies on the stack of whoever waits. Under the room's lock: the queue and `room`. Whoever has
// taken a waiter out owns it until it has made it ready.
#pragma once

#include "offset/detail/wait_room.hpp"
#include "sched/sched.h"

namespace offset::inline v0::detail {

struct room_waiter {
  room_waiter* next = nullptr;
  room_waiter* prev = nullptr;
  wait_room* room = nullptr;  // null once the room is gone
  sched::sleeper who = 0;
  std::int64_t amount = 0;    // what it wants, for those that count
  bool is_writer = false;
  bool queued = false;
  bool granted = false;       // it was given what it waits for
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

/// The room is locked and `w` is queued; unlocks it once the stack has been left, and returns when made
/// ready.
void wait_in(wait_room& r, room_waiter& w, sched::parker& here, sched::wait_reason reason) noexcept;

/// For park's hook: takes `w` out of its room if it is still in it.
bool undo_wait_in(void* w) noexcept;

}  // namespace offset::inline v0::sync
