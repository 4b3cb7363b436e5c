// A wait_room from the inside: the lock, the queue, and waiting in it.
//
// A waiter lies on the stack of whoever waits. Under the room's lock: the queue and `room`. Whoever
// has taken a waiter out owns it until it has made it ready.
#pragma once

#include "offset/detail/wait_room.hpp"
#include "sched/sched.h"

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
  void* owner = nullptr;  // the primitive, for pass_on
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

/// For park's hook.
sched::abandon_hook hook_of(room_waiter& w) noexcept;

}  // namespace offset::inline v0::sync
