// The channel's operations in two steps: what is decided under the lock, and what is left to do
// once it has been released (moving loud elements, making waiters ready). Shared by the plain
// operations and by select, which holds several locks.
#pragma once

#include "chan/loud_ring.h"
#include "chan/wait_list.h"
#include "offset/detail/chan_core.hpp"
#include "sched/bubble.h"

namespace offset::inline v0::chan_impl {

using detail::chan_core;
using detail::chan_word;
using detail::element_ops;

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

/// Under the lock. `done`: the operation is decided; finish_… does the rest.
outcome try_send_locked(chan_core& c, void* value, rest& left) noexcept;
outcome try_recv_locked(chan_core& c, void* out, rest& left) noexcept;
/// After unlocking.
void finish_send(chan_core& c, void* value, const rest& left) noexcept;
void finish_recv(chan_core& c, void* out, const rest& left) noexcept;

/// What the channel is ready for.
chan_word::value true_flags_of(const chan_core& c) noexcept;
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
  if (c.bubble == 0) [[likely]]
    return;
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
