// A channel's queue of waiters, and taking the first of them that can still be had. Under the lock.
#pragma once

#include "base/planted.h"
#include "offset/detail/waiter.hpp"

namespace offset::inline v0::chan_impl {

using detail::claim_word;
using detail::wait_queue;
using detail::waiter;

inline void push(wait_queue& q, waiter& w) noexcept {
  w.next = nullptr;
  w.prev = q.last;
  w.queued = true;
  if (q.last != nullptr)
    q.last->next = &w;
  else
    q.first = &w;
  q.last = &w;
}

inline void unlink(wait_queue& q, waiter& w) noexcept {
  (w.prev != nullptr ? w.prev->next : q.first) = w.next;
  (w.next != nullptr ? w.next->prev : q.last) = w.prev;
  w.queued = false;
}

/// The first waiter, taken for the caller; waiters won elsewhere are dropped on the way. Null if
/// none.
inline waiter* take(wait_queue& q) noexcept {
  while (waiter* const w = q.first) {
    unlink(q, *w);
    if (w->claim == nullptr || w->claim->win(claim_word::by_case + w->index)) return w;
    if (base::planted(base::plant::both_cases_complete)) return w;
  }
  return nullptr;
}

/// Drops waiters at the head that were won elsewhere. True when none that can be had is left there.
inline bool drop_stale(wait_queue& q) noexcept {
  while (waiter* const w = q.first) {
    if (w->claim == nullptr || w->claim->load() <= claim_word::open) return false;
    unlink(q, *w);
  }
  return true;
}

}  // namespace offset::inline v0::chan_impl
