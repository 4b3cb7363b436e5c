#include "chan/core.h"

#include <string>

#include "offset/error.hpp"
#include "sched/sched.h"

namespace offset::inline v0::chan_impl {
namespace {

std::size_t loud_reserve(chan_core& c) noexcept {
  detail::loud_ring& r = *c.loud;
  const std::size_t slot = r.free[--r.free_count];
  r.order[c.send_at] = slot;
  c.send_at = step(c, c.send_at);
  ++r.used;
  set_count(c, r.used);
  return slot;
}

bool loud_head_full(const chan_core& c) noexcept {
  const detail::loud_ring& r = *c.loud;
  return r.used > 0 && r.full[r.order[c.receive_at]] != 0;
}

std::size_t loud_take(chan_core& c) noexcept {
  detail::loud_ring& r = *c.loud;
  const std::size_t slot = r.order[c.receive_at];
  c.receive_at = step(c, c.receive_at);
  r.full[slot] = 0;
  --r.used;
  set_count(c, r.used);
  return slot;
}

std::byte* loud_at(const chan_core& c, std::size_t slot) noexcept {
  return c.loud->slots + slot * c.ops->size;
}

bool loud_has_room(const chan_core& c) noexcept { return c.loud->free_count > 0; }

// Under the lock, which it releases: pairs what can be paired now, one at a time, each value moved
// with the channel unlocked. Called after every change that may let somebody on: a slot filled or
// freed.
void loud_settle(chan_core& c) noexcept {
  detail::loud_ring& r = *c.loud;
  for (;;) {
    if (loud_head_full(c)) {
      if (waiter* const receiver = take(c.receivers)) {
        const std::size_t slot = loud_take(c);
        unlock(c);
        move_element(*c.ops, receiver->elem, loud_at(c, slot));
        destroy_element(*c.ops, loud_at(c, slot));
        receiver->completed = true;
        sched::ready(receiver->who);
        c.word.lock();
        r.free[r.free_count++] = slot;
        continue;
      }
    }
    if (loud_has_room(c)) {
      if (waiter* const sender = take(c.senders)) {
        const std::size_t slot = loud_reserve(c);
        unlock(c);
        move_element(*c.ops, loud_at(c, slot), sender->elem);
        sender->completed = true;
        sched::ready(sender->who);
        c.word.lock();
        r.full[slot] = 1;
        continue;
      }
    }
    break;
  }
  // Closed with senders still moving: once the last of them is in, receivers that are left get
  // nothing.
  wait_queue released;
  if ((c.word.own() & chan_word::closed) != 0 && r.used == 0)
    while (waiter* const receiver = take(c.receivers)) push(released, *receiver);
  unlock(c);
  while (waiter* const receiver = released.first) {
    unlink(released, *receiver);
    sched::ready(receiver->who);
  }
}

void loud_publish(chan_core& c, std::size_t slot) noexcept {
  c.word.lock();
  c.loud->full[slot] = 1;
  loud_settle(c);
}

void loud_free(chan_core& c, std::size_t slot) noexcept {
  c.word.lock();
  c.loud->free[c.loud->free_count++] = slot;
  loud_settle(c);
}

}  // namespace

chan_word::value loud_flags_of(const chan_core& c) noexcept {
  chan_word::value flags = c.word.own() & chan_word::closed;
  if (flags != 0) flags |= chan_word::receivable | chan_word::sendable;
  if (!c.receivers.empty()) flags |= chan_word::waited | chan_word::sendable;
  if (!c.senders.empty()) flags |= chan_word::waited | chan_word::receivable;
  if (loud_head_full(c)) flags |= chan_word::receivable;
  if (loud_has_room(c)) flags |= chan_word::sendable;
  return flags;
}

outcome try_send_loud(chan_core& c, rest& left) noexcept {
  if ((c.word.own() & chan_word::closed) != 0) return outcome::closed;
  if (!loud_has_room(c)) return outcome::must_wait;
  left = {rest::kind::fill_slot, nullptr, loud_reserve(c)};
  return outcome::done;
}

void finish_send_loud(chan_core& c, void* value, const rest& left) noexcept {
  move_element(*c.ops, loud_at(c, left.slot), value);
  loud_publish(c, left.slot);
}

outcome try_recv_loud(chan_core& c, rest& left) noexcept {
  // While receivers are queued the head is theirs: whoever filled it is about to serve them in
  // order.
  if (loud_head_full(c) && drop_stale(c.receivers)) {
    left = {rest::kind::drain_slot, nullptr, loud_take(c)};
    return outcome::done;
  }
  // Closed, but a sender that was in time still moves its value in: not drained yet.
  const bool closed = (c.word.own() & chan_word::closed) != 0;
  return closed && c.loud->used == 0 ? outcome::closed : outcome::must_wait;
}

void finish_recv_loud(chan_core& c, void* out, const rest& left) noexcept {
  move_element(*c.ops, out, loud_at(c, left.slot));
  destroy_element(*c.ops, loud_at(c, left.slot));
  loud_free(c, left.slot);
}

void throw_from_outside(const char* operation) {
  throw panic_error(std::string(operation) + ": channel of a testing bubble used from outside it");
}

void throw_waits_outside(const char* operation) {
  throw panic_error(std::string(operation) +
                    ": would wait for a channel from outside the testing bubble");
}

void withdraw(waiter& w) noexcept {
  chan_core* const c = w.core;
  if (c == nullptr) return;
  c->word.lock();
  if (w.queued) unlink(w.is_send ? c->senders : c->receivers, w);
  unlock(*c);
}

}  // namespace offset::inline v0::chan_impl
