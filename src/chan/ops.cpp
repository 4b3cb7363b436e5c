// make, send, receive, close and the end of a channel.
#include <algorithm>
#include <cstddef>
#include <new>

#include "base/planted.h"
#include "chan/core.h"
#include "chan/timed_wait.h"
#include "offset/error.hpp"
#include "sched/local.h"
#include "sched/sched.h"
#include "sched/sleep.h"

namespace offset::inline v0::detail {

using namespace chan_impl;

namespace {

struct layout {
  std::size_t ring = 0;  // offsets from the start of the block
  std::size_t loud = 0;
  std::size_t order = 0;
  std::size_t free = 0;
  std::size_t full = 0;
  std::size_t slots = 0;
  std::size_t total = 0;
  std::size_t align = alignof(std::max_align_t);
};

// False when it does not fit into the address space.
bool lay_out(const element_ops& ops, std::uint64_t capacity, layout& l) noexcept {
  constexpr std::uint64_t most = std::uint64_t{1} << 47;
  std::uint64_t at = 0;
  const auto add = [&at](std::uint64_t align, std::uint64_t count, std::uint64_t size,
                         std::size_t& where) {
    std::uint64_t bytes = 0;
    at = (at + align - 1) / align * align;
    where = static_cast<std::size_t>(at);
    return !__builtin_mul_overflow(count, size, &bytes) && bytes <= most &&
           !__builtin_add_overflow(at, bytes, &at) && at <= most;
  };
  std::size_t core = 0;
  if (!add(alignof(chan_core), 1, sizeof(chan_core), core)) return false;
  l.align = std::max({std::size_t{64}, ops.align, alignof(chan_core)});
  if (capacity > 0 && ops.size > 0) {
    if (ops.is_quiet) {
      if (!add(ops.align, capacity, ops.size, l.ring)) return false;
    } else if (!add(alignof(loud_ring), 1, sizeof(loud_ring), l.loud) ||
               !add(alignof(std::size_t), capacity, sizeof(std::size_t), l.order) ||
               !add(alignof(std::size_t), capacity, sizeof(std::size_t), l.free) ||
               !add(1, capacity, 1, l.full) || !add(ops.align, capacity, ops.size, l.slots)) {
      return false;
    }
  }
  l.total = static_cast<std::size_t>(at);
  return true;
}

void dispose_plain(chan_core* c) noexcept {
  const std::size_t align = std::max({std::size_t{64}, c->ops->align, alignof(chan_core)});
  chan_dispose(c);
  ::operator delete (c, std::align_val_t{align});
}

void commit_unlock(fiber::carrier*, void* arg) { unlock(*static_cast<chan_core*>(arg)); }

// The same where the state is known: open, and one side waits while the other does not.
template <bool sending>
void commit_unlock_plain(fiber::carrier*, void* arg) {
  chan_word& word = static_cast<chan_core*>(arg)->word;
  word.unlock(word.own(),
              chan_word::waited | (sending ? chan_word::receivable : chan_word::sendable));
}

// A goroutine is abandoned in a plain send or receive: out of the queue, if it is still in it.
bool undo_wait(void* arg) noexcept {
  waiter& w = *static_cast<waiter*>(arg);
  chan_core* const c = w.core;
  if (c == nullptr) return true;  // the channel is gone, and nobody else has it
  c->word.lock();
  const bool mine = w.queued;
  if (mine) unlink(w.is_send ? c->senders : c->receivers, w);
  unlock(*c);
  return mine;
}

constexpr sched::abandon_actions when_abandoned{undo_wait, nullptr};

template <bool sending>
void enqueue(waiter& w, chan_core& c, void* elem, sleeper who) noexcept {
  w.core = &c;
  w.elem = elem;
  w.who = who;
  w.is_send = sending;
  push(sending ? c.senders : c.receivers, w);
}

template <bool sending>
constexpr sched::wait_reason reason =
    sending ? sched::wait_reason::chan_send : sched::wait_reason::chan_receive;

template <bool sending>
[[gnu::noinline]] op_status operate(chan_core* c, void* elem, std::int64_t deadline) {
  if (c == nullptr) {
    if (deadline == forever)
      sched::park_forever(sending ? sched::wait_reason::chan_send_nil
                                  : sched::wait_reason::chan_receive_nil);
    if (deadline == poll) return op_status::would_block;
    sched::sleep_until(deadline, sending ? sched::wait_reason::chan_send_nil
                                         : sched::wait_reason::chan_receive_nil);
    return op_status::timeout;
  }
  constexpr const char* name = sending ? "send" : "receive";
  check_border(*c, name);
  sched::parker here;  // before the lock: it may end the goroutine's run
  rest left;
  c->word.lock();
  const outcome now = sending ? try_send_locked(*c, elem, left) : try_recv_locked(*c, elem, left);
  if (now != outcome::must_wait) {
    unlock(*c);
    if (now == outcome::closed) return op_status::closed;
    if constexpr (sending)
      finish_send(*c, elem, left);
    else
      finish_recv(*c, elem, left);
    return op_status::ok;
  }
  if (deadline == poll) {
    unlock(*c);
    return op_status::would_block;
  }
  if (here.may_not_wait()) [[unlikely]] {
    unlock(*c);
    here.refuse();
  }
  if (waits_outside(*c)) [[unlikely]] {
    unlock(*c);
    throw_waits_outside(name);
  }
  if (deadline != forever) {
    unlock(*c);
    return timed_operation(*c, elem, sending, deadline);
  }
  waiter w;
  enqueue<sending>(w, *c, elem, here.who());
  if (base::planted(base::plant::unlocked_before_left)) {
    unlock(*c);
    base::widen_window();
    here.park([](fiber::carrier*, void*) {}, nullptr, sched::wait_reason::none, {});
    return w.completed ? op_status::ok : op_status::closed;
  }
  here.park(commit_unlock, c, reason<sending>, {&when_abandoned, &w});
  return w.completed ? op_status::ok : op_status::closed;
}

// Nearly every send and receive that is not done inline is plain: by a goroutine that may wait for
// ever, on a channel of quiet elements, both outside every bubble. It is what operate would do, in
// a third of the instructions: each way that is often gone is one function without a frame, and
// goes over to the next by a tail call.

template <bool sending>
[[gnu::noinline]] op_status wait_plain(sched::f& me, chan_core& c, void* elem) {
  waiter w;
  enqueue<sending>(w, c, elem, sched::who_is(me));
  sched::park_plain(me, commit_unlock_plain<sending>, &c, reason<sending>, {&when_abandoned, &w});
  return w.completed ? op_status::ok : op_status::closed;
}

// The channel is locked; anything but the two ways below.
template <bool sending>
[[gnu::noinline]] op_status operate_locked(sched::f& me, chan_core& c, void* elem,
                                           chan_word::value seen) {
  rest left;
  const outcome now = sending ? try_send_quiet(c, elem, left) : try_recv_quiet(c, elem, left);
  if (now != outcome::must_wait) {
    c.word.unlock(seen, quiet_flags_of(c));
    if (now == outcome::closed) [[unlikely]]
      return op_status::closed;
    const auto ready = [&me](sleeper who) noexcept { sched::ready(me, who); };
    if constexpr (sending)
      finish_send_quiet(c, elem, left, ready);
    else
      finish_recv_quiet(c, elem, left, ready);
    return op_status::ok;
  }
  return wait_plain<sending>(me, c, elem);
}

template <bool sending>
[[gnu::noinline]] op_status lock_and_operate(sched::f& me, chan_core& c, void* elem) {
  return operate_locked<sending>(me, c, elem, c.word.lock());
}

[[gnu::noinline]] op_status after_meeting(sched::f& me, sched::task displaced,
                                          const chan_word* word) {
  detail::wake_contender_if_any(word);
  sched::push_displaced(*me.proc, displaced);
  return op_status::ok;
}
[[gnu::noinline]] op_status after_meeting_other(sleeper who, const chan_word* word) {
  detail::wake_contender_if_any(word);
  sched::ready(who);
  return op_status::ok;
}

// The channel is locked and unbuffered; `w` is the first that waits on the other side, for this
// channel only.
template <bool sending>
OFFSET_HOT op_status meet(sched::f& me, chan_core& c, void* elem, chan_word::value seen,
                          waiter& w) {
  wait_queue& others = sending ? c.receivers : c.senders;
  waiter* const next = w.next;
  others.first = next;
  (next != nullptr ? next->prev : others.last) = nullptr;
  w.queued = false;
  const chan_word::value flags =
      next != nullptr ? chan_word::waited | (sending ? chan_word::sendable : chan_word::receivable)
                      : 0;
  c.word.store_unlocked(seen, flags);
  move_element(*c.ops, sending ? w.elem : elem, sending ? elem : w.elem);
  w.completed = true;
  const sleeper who = w.who;
  sched::task displaced;
  if (!sched::ready_next(me, who, displaced)) [[unlikely]]
    return after_meeting_other(who, &c.word);
  if (displaced || detail::any_contender()) [[unlikely]]
    return after_meeting(me, displaced, &c.word);
  return op_status::ok;
}

template <bool sending>
OFFSET_HOT op_status operate_for_ever(chan_core* c, void* elem) {
  if (c == nullptr || !c->plain || base::planted(base::plant::unlocked_before_left)) [[unlikely]]
    return operate<sending>(c, elem, forever);
  sched::f* const me = sched::plain_caller();
  if (me == nullptr) [[unlikely]]
    return operate<sending>(c, elem, forever);
  chan_word::value seen = 0;
  if (!c->word.lock_at_once(seen)) [[unlikely]]
    return lock_and_operate<sending>(*me, *c, elem);
  waiter* const w = (sending ? c->receivers : c->senders).first;
  if (c->capacity == 0) {
    if (w != nullptr && w->claim == nullptr) return meet<sending>(*me, *c, elem, seen, *w);
    if (w == nullptr && (seen & chan_word::closed) == 0) return wait_plain<sending>(*me, *c, elem);
  }
  return operate_locked<sending>(*me, *c, elem, seen);
}

}  // namespace

void throw_makechan() { throw panic_error("makechan: size out of range"); }
void throw_closed_channel() { throw closed_channel(); }

chan_core* chan_make(const element_ops& ops, std::uint64_t capacity) {
  layout l;
  if (!lay_out(ops, capacity, l)) throw_makechan();
  auto* const block = static_cast<std::byte*>(::operator new (l.total, std::align_val_t{l.align}));
  auto* const c = ::new (block) chan_core(ops, static_cast<std::size_t>(capacity),
                                          l.ring != 0 ? block + l.ring : nullptr, &dispose_plain);
  if (l.loud != 0) {
    auto* const r = ::new (block + l.loud) loud_ring;
    r->order = reinterpret_cast<std::size_t*>(block + l.order);
    r->free = reinterpret_cast<std::size_t*>(block + l.free);
    r->full = reinterpret_cast<unsigned char*>(block + l.full);
    r->slots = block + l.slots;
    r->free_count = static_cast<std::size_t>(capacity);
    for (std::size_t i = 0; i < capacity; ++i) {
      r->free[i] = static_cast<std::size_t>(capacity) - 1 - i;
      r->full[i] = 0;
    }
    c->loud = r;
  }
  enter_bubble(*c);
  return c;
}

// The last handle is gone: the values left are destroyed, and goroutines that still wait here
// (their handle died under them: a reference that dangles, or a program that ends) wait for ever.
void chan_dispose(chan_core* c) noexcept {
  if ((c->word.load() & (chan_word::waited | chan_word::locked)) != 0) {
    c->word.lock();
    for (wait_queue* q : {&c->receivers, &c->senders})
      while (waiter* const w = q->first) {
        unlink(*q, *w);
        w->core = nullptr;
      }
    unlock(*c);
  }
  if (c->ops->destroy != nullptr) {
    if (c->loud != nullptr) {
      for (std::size_t at = c->receive_at, n = c->loud->used; n > 0; --n) {
        const std::size_t slot = c->loud->order[at];
        if (c->loud->full[slot] != 0) c->ops->destroy(c->loud->slots + slot * c->ops->size);
        at = at + 1 == c->capacity ? 0 : at + 1;
      }
    } else {
      for (std::size_t at = c->receive_at, n = c->count.load(std::memory_order_relaxed); n > 0;
           --n) {
        c->ops->destroy(c->ring + at * c->ops->size);
        at = at + 1 == c->capacity ? 0 : at + 1;
      }
    }
  }
  c->~chan_core();
}

op_status chan_send(chan_core* c, void* value, std::int64_t deadline) {
  return deadline == forever ? chan_send(c, value) : operate<true>(c, value, deadline);
}
op_status chan_send(chan_core* c, void* value) { return operate_for_ever<true>(c, value); }

op_status chan_recv(chan_core* c, void* out, std::int64_t deadline) {
  return deadline == forever ? chan_recv(c, out) : operate<false>(c, out, deadline);
}
op_status chan_recv(chan_core* c, void* out) { return operate_for_ever<false>(c, out); }

void chan_close(chan_core* c) {
  if (c == nullptr) throw panic_error("close of nil channel");
  check_border(*c, "close");
  sched::schedule_point();
  const chan_word::value before = c->word.lock();
  if ((before & chan_word::closed) != 0) {
    unlock(*c);
    throw panic_error("close of closed channel");
  }
  // Everybody who waits is taken under the lock and made ready after it. Of very many each is a
  // cache miss or two: goroutines are made ready, as far as that is their own matter, as they are
  // taken. Receivers of a loud channel that wait for a value on its way in stay: loud_publish
  // serves them.
  sched::ready_batch batch;
  wait_queue others;
  const auto release = [&](waiter* w) {
    if (!batch.add(w->who)) push(others, *w);
  };
  if (c->loud == nullptr || c->loud->used == 0)
    while (waiter* const w = take(c->receivers)) release(w);
  if (!base::planted(base::plant::close_forgets_senders))
    while (waiter* const w = take(c->senders)) release(w);
  c->word.unlock(before,
                 flags_of(*c) | chan_word::closed | chan_word::receivable | chan_word::sendable);
  batch.ready();
  while (waiter* const w = others.first) {
    unlink(others, *w);
    sched::ready(w->who);
  }
}

}  // namespace offset::inline v0::detail
