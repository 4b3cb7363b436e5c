#include "chan/core.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "base/planted.h"
#include "offset/error.hpp"
#include "sched/sched.h"

namespace offset::inline v0::chan_impl {
namespace {

void move_element(const element_ops& ops, void* to, void* from) noexcept {
  if (to == nullptr) return;  // a receiver that drops the value: the sender's copy dies with it
  if (ops.move != nullptr)
    ops.move(to, from);
  else
    std::memcpy(to, from, ops.size);
}

void destroy_element(const element_ops& ops, void* at) noexcept {
  if (ops.destroy != nullptr) ops.destroy(at);
}

std::size_t step(const chan_core& c, std::size_t at) noexcept {
  return at + 1 == c.capacity ? 0 : at + 1;
}

void set_count(chan_core& c, std::size_t n) noexcept {
  c.count.store(n, std::memory_order_relaxed);
}
std::size_t count_of(const chan_core& c) noexcept {
  return c.count.load(std::memory_order_relaxed);
}

// --- quiet ring

void ring_put(chan_core& c, void* value) noexcept {
  if (c.ops->size != 0) move_element(*c.ops, c.ring + c.send_at * c.ops->size, value);
  c.send_at = step(c, c.send_at);
  set_count(c, count_of(c) + 1);
}

void ring_get(chan_core& c, void* out) noexcept {
  if (c.ops->size != 0) {
    std::byte* const at = c.ring + c.receive_at * c.ops->size;
    move_element(*c.ops, out, at);
    destroy_element(*c.ops, at);
  }
  c.receive_at = step(c, c.receive_at);
  set_count(c, count_of(c) - 1);
}

// --- loud ring

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

chan_word::value true_flags_of(const chan_core& c) noexcept {
  chan_word::value flags = c.word.own() & chan_word::closed;
  if (flags != 0) flags |= chan_word::receivable | chan_word::sendable;
  const bool receivers = !c.receivers.empty();
  const bool senders = !c.senders.empty();
  if (receivers) flags |= chan_word::waited | chan_word::sendable;
  if (senders) flags |= chan_word::waited | chan_word::receivable;
  if (c.loud != nullptr) {
    if (loud_head_full(c)) flags |= chan_word::receivable;
    if (loud_has_room(c)) flags |= chan_word::sendable;
  } else if (c.capacity > 0) {
    const std::size_t n = count_of(c);
    if (n > 0) flags |= chan_word::receivable;
    if (n < c.capacity) flags |= chan_word::sendable;
  }
  return flags;
}

outcome try_send_locked(chan_core& c, void* value, rest& left) noexcept {
  if ((c.word.own() & chan_word::closed) != 0) return outcome::closed;
  if (c.loud != nullptr) {
    if (!loud_has_room(c)) return outcome::must_wait;
    left = {rest::kind::fill_slot, nullptr, loud_reserve(c)};
    return outcome::done;
  }
  if (waiter* const receiver = take(c.receivers)) {
    left = {rest::kind::hand_to_receiver, receiver, 0};
    return outcome::done;
  }
  if (count_of(c) < c.capacity) {
    ring_put(c, value);
    left = {};
    return outcome::done;
  }
  return outcome::must_wait;
}

void finish_send(chan_core& c, void* value, const rest& left) noexcept {
  switch (left.what) {
    case rest::kind::hand_to_receiver:
      move_element(*c.ops, left.w->elem, value);
      left.w->completed = true;
      sched::ready(left.w->who);
      break;
    case rest::kind::fill_slot:
      move_element(*c.ops, loud_at(c, left.slot), value);
      loud_publish(c, left.slot);
      break;
    default: break;
  }
}

outcome try_recv_locked(chan_core& c, void* out, rest& left) noexcept {
  if (c.loud != nullptr) {
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
  if (count_of(c) > 0) {
    ring_get(c, out);
    left = {};
    // A slot is free: the oldest blocked sender's value goes to the tail.
    if (base::planted(base::plant::barging) && count_of(c) > 0) return outcome::done;
    if (waiter* const sender = take(c.senders)) {
      ring_put(c, sender->elem);
      sender->completed = true;
      left = {rest::kind::ready_only, sender, 0};
    }
    return outcome::done;
  }
  if (waiter* const sender = take(c.senders)) {
    left = {rest::kind::take_from_sender, sender, 0};
    return outcome::done;
  }
  return (c.word.own() & chan_word::closed) != 0 ? outcome::closed : outcome::must_wait;
}

void finish_recv(chan_core& c, void* out, const rest& left) noexcept {
  switch (left.what) {
    case rest::kind::ready_only: sched::ready(left.w->who); break;
    case rest::kind::take_from_sender:
      move_element(*c.ops, out, left.w->elem);
      left.w->completed = true;
      sched::ready(left.w->who);
      break;
    case rest::kind::drain_slot:
      move_element(*c.ops, out, loud_at(c, left.slot));
      destroy_element(*c.ops, loud_at(c, left.slot));
      loud_free(c, left.slot);
      break;
    default: break;
  }
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
