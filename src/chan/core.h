// The channel's operations in two steps: what is decided under the lock, and what is left to do
// once it has been released (moving loud elements, making waiters ready). Shared by the plain
// operations and by select, which holds several locks.
#pragma once

#include <cstring>

#include "base/planted.h"
#include "base/sanitizer.h"
#include "chan/loud_ring.h"
#include "chan/wait_list.h"
#include "offset/detail/chan_core.hpp"
#include "sched/bubble.h"
#include "sched/sched.h"

namespace offset::inline v0::chan_impl {

using detail::chan_core;
using detail::chan_word;
using detail::element_ops;
using detail::sleeper;

/// What is left to do after the lock has been released.
struct rest {
  enum class kind : std::uint8_t {
    none,
    hand_to_receiver,  // move the value into w's storage, make w ready
    take_from_sender,  // move w's value out, make w ready
    ready_only,        // make w ready: its value was moved under the lock
    fill_slot,         // loud: move the value into `slot`, then publish it
    drain_slot,        // loud: move the value out of `slot`, then free it
  };
  kind what = kind::none;
  waiter* w = nullptr;
  std::size_t slot = 0;
};

enum class outcome : std::uint8_t { done, closed, must_wait };

OFFSET_HOT void move_element(const element_ops& ops, void* to, void* from) noexcept {
  if (to == nullptr) return;  // a receiver that drops the value: the sender's copy dies with it
  if (ops.move != nullptr)
    ops.move(to, from);
  else if (ops.size == 8)
    std::memcpy(to, from, 8);  // no call
  else
    std::memcpy(to, from, ops.size);
}
OFFSET_HOT void destroy_element(const element_ops& ops, void* at) noexcept {
  if (ops.destroy != nullptr) ops.destroy(at);
}

inline std::size_t step(const chan_core& c, std::size_t at) noexcept {
  return at + 1 == c.capacity ? 0 : at + 1;
}
inline void set_count(chan_core& c, std::size_t n) noexcept {
  c.count.store(n, std::memory_order_relaxed);
}
inline std::size_t count_of(const chan_core& c) noexcept {
  return c.count.load(std::memory_order_relaxed);
}

// --- quiet elements

OFFSET_HOT void ring_put(chan_core& c, void* value) noexcept {
  if (c.ops->size != 0) move_element(*c.ops, c.ring + c.send_at * c.ops->size, value);
  c.send_at = step(c, c.send_at);
  set_count(c, count_of(c) + 1);
}

OFFSET_HOT void ring_get(chan_core& c, void* out) noexcept {
  if (c.ops->size != 0) {
    std::byte* const at = c.ring + c.receive_at * c.ops->size;
    move_element(*c.ops, out, at);
    destroy_element(*c.ops, at);
  }
  c.receive_at = step(c, c.receive_at);
  set_count(c, count_of(c) - 1);
}

OFFSET_HOT outcome try_send_quiet(chan_core& c, void* value, rest& left) noexcept {
  if ((c.word.own() & chan_word::closed) != 0) [[unlikely]]
    return outcome::closed;
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

OFFSET_HOT outcome try_recv_quiet(chan_core& c, void* out, rest& left) noexcept {
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

OFFSET_HOT chan_word::value quiet_flags_of(const chan_core& c) noexcept {
  chan_word::value flags = c.word.own() & chan_word::closed;
  if (flags != 0) flags |= chan_word::receivable | chan_word::sendable;
  if (!c.receivers.empty()) flags |= chan_word::waited | chan_word::sendable;
  if (!c.senders.empty()) flags |= chan_word::waited | chan_word::receivable;
  const std::size_t n = count_of(c);
  if (n > 0) flags |= chan_word::receivable;
  if (n < c.capacity) flags |= chan_word::sendable;
  return flags;
}

/// `ready`: what makes a waiter ready.
template <class Ready>
OFFSET_HOT void finish_send_quiet(chan_core& c, void* value, const rest& left,
                                  Ready ready) noexcept {
  if (left.what != rest::kind::hand_to_receiver) return;
  move_element(*c.ops, left.w->elem, value);
  left.w->completed = true;
  ready(left.w->who);
}
template <class Ready>
OFFSET_HOT void finish_recv_quiet(chan_core& c, void* out, const rest& left, Ready ready) noexcept {
  if (left.what == rest::kind::none) return;
  if (left.what == rest::kind::take_from_sender) {
    move_element(*c.ops, out, left.w->elem);
    left.w->completed = true;
  }
  ready(left.w->who);
}

// --- loud elements

outcome try_send_loud(chan_core& c, rest& left) noexcept;
outcome try_recv_loud(chan_core& c, rest& left) noexcept;
void finish_send_loud(chan_core& c, void* value, const rest& left) noexcept;
void finish_recv_loud(chan_core& c, void* out, const rest& left) noexcept;
chan_word::value loud_flags_of(const chan_core& c) noexcept;

// --- all

/// Under the lock. `done`: the operation is decided; finish_… does the rest.
inline outcome try_send_locked(chan_core& c, void* value, rest& left) noexcept {
  return c.loud == nullptr ? try_send_quiet(c, value, left) : try_send_loud(c, left);
}
inline outcome try_recv_locked(chan_core& c, void* out, rest& left) noexcept {
  return c.loud == nullptr ? try_recv_quiet(c, out, left) : try_recv_loud(c, left);
}
/// After unlocking.
inline void finish_send(chan_core& c, void* value, const rest& left) noexcept {
  if (left.what == rest::kind::fill_slot)
    finish_send_loud(c, value, left);
  else
    finish_send_quiet(c, value, left, [](sleeper who) noexcept { sched::ready(who); });
}
inline void finish_recv(chan_core& c, void* out, const rest& left) noexcept {
  if (left.what == rest::kind::drain_slot)
    finish_recv_loud(c, out, left);
  else
    finish_recv_quiet(c, out, left, [](sleeper who) noexcept { sched::ready(who); });
}

/// What the channel is ready for.
inline chan_word::value true_flags_of(const chan_core& c) noexcept {
  return c.loud == nullptr ? quiet_flags_of(c) : loud_flags_of(c);
}
/// The flags that the word is to show now.
inline chan_word::value flags_of(const chan_core& c) noexcept {
  chan_word::value flags = true_flags_of(c);
  if (c.bubble != 0) [[unlikely]]
    flags |= chan_word::waited | chan_word::receivable | chan_word::sendable;
  return flags;
}

/// Unlocks a channel that the caller has locked.
inline void unlock(chan_core& c) noexcept { c.word.unlock(c.word.own(), flags_of(c)); }

/// A channel that was just made belongs to the bubble it was made in.
inline void enter_bubble(chan_core& c) noexcept {
  c.bubble = sched::bubble_number();
  if (c.bubble == 0) [[likely]] {
    c.plain = c.loud == nullptr;
    return;
  }
  c.word.lock();
  unlock(c);
}

/// Throws when the channel is of a bubble and the caller is not. Unlocked.
[[noreturn]] void throw_from_outside(const char* operation);
inline void check_border(const chan_core& c, const char* operation) {
  if (c.bubble != 0 && c.bubble != sched::bubble_number()) [[unlikely]]
    throw_from_outside(operation);
}
/// A goroutine of a bubble must not wait for somebody outside it. True when that is so.
inline bool waits_outside(const chan_core& c) noexcept {
  return sched::bubble_number() != c.bubble;
}
[[noreturn]] void throw_waits_outside(const char* operation);

/// Takes `w` out of its queue if it is still in it. Locks.
void withdraw(waiter& w) noexcept;

}  // namespace offset::inline v0::chan_impl
