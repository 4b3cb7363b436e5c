// The channel's operations in two steps: what is decided under the lock, and what is left to do
// once it has been released (moving loud elements, making waiters ready). Shared by the plain
// operations and by select, which holds several locks.
#pragma once

#include "chan/loud_ring.h"
#include "chan/wait_list.h"
#include "offset/detail/chan_core.hpp"

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

/// The flags that the word is to show now.
chan_word::value flags_of(const chan_core& c) noexcept;

/// Unlocks a channel that the caller has locked.
inline void unlock(chan_core& c) noexcept { c.word.unlock(c.word.own(), flags_of(c)); }

/// Takes `w` out of its queue if it is still in it. Locks.
void withdraw(waiter& w) noexcept;

}  // namespace offset::inline v0::chan_impl
