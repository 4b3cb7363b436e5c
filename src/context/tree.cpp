// The tree of cancelers: see node.h for who owns what.
#include <cstddef>
#include <utility>

#include "base/planted.h"
#include "chan/core.h"
#include "context/node.h"
#include "offset/go.hpp"
#include "sched/sched.h"

namespace offset::inline v0::detail {

struct canceler::stop_link {
  struct on_stop {
    canceler* of;
    void operator()() const noexcept {
      if (!try_hold(*of)) return;
      cancel(*of, static_cast<int>(context_errc::canceled), nullptr);
      let_go(*of);
    }
  };
  stop_link(std::stop_token t, canceler* c) : callback(std::move(t), on_stop{c}) {}
  std::stop_callback<on_stop> callback;
};
void canceler::end_stop_link::operator()(stop_link* l) const noexcept { delete l; }

namespace {

void leave_parent(canceler& c) noexcept {
  if (c.up == nullptr) return;
  (c.prev_sibling != nullptr ? c.prev_sibling->next_sibling : c.up->first_child) = c.next_sibling;
  if (c.next_sibling != nullptr) c.next_sibling->prev_sibling = c.prev_sibling;
  c.up = nullptr;
  c.next_sibling = nullptr;
  c.prev_sibling = nullptr;
}

void link_locked(canceler& c, sched::cancel_hook& h) noexcept {
  h.prev = nullptr;
  h.next = c.first_hook;
  if (h.next != nullptr) h.next->prev = &h;
  c.first_hook = &h;
  h.linked = true;
}

void unlink_locked(canceler& c, sched::cancel_hook& h) noexcept {
  (h.prev != nullptr ? h.prev->next : c.first_hook) = h.next;
  if (h.next != nullptr) h.next->prev = h.prev;
  h.linked = false;
}

// Closes the done channel, its waiters being taken out for the caller to make ready.
void close_done(canceler& c, wait_queue& released) noexcept {
  chan_core& core = c.done.core;
  const chan_word::value before = core.word.lock();
  while (waiter* const w = chan_impl::take(core.receivers)) chan_impl::push(released, *w);
  core.word.unlock(before, chan_impl::flags_of(core) | chan_word::closed | chan_word::receivable |
                               chan_word::sendable);
}

void remove_timer(canceler& c) noexcept {
  const sched::world_kept guard;  // with the timer's heap
  timers::heap::remove(c.timer);
}

void drop(stop_hook* s) noexcept {
  if (s->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete s;
}

// Calls what may be a user's code and wait: in a goroutine where the caller is a carrier's own
// stack (a deadline came), which must not wait; here otherwise, or when there is no memory for one.
template <class F>
void off_the_carrier(F f) noexcept {
  if (sched::caller_timers() != nullptr && !in_goroutine()) {
    try {
      offset::go(f);
      return;
    } catch (...) {
    }
  }
  f();
}

// Nobody holds it any more. Answers its parent, whose reference the caller now has.
context_node* destroy(context_node* n) noexcept {
  context_node* const parent = n->parent;
  if (!n->is_canceler()) {
    delete n;
    return parent;
  }
  auto* const c = static_cast<canceler*>(n);
  // Waits for a callback that is running in another thread, which finds nothing to hold.
  c->from_token.reset();
  remove_timer(*c);
  c->root->lock.lock();
  leave_parent(*c);
  stop_hook* const s = c->stop.load(std::memory_order_relaxed);
  const bool was_linked = s != nullptr && s->linked;
  if (was_linked) unlink_locked(*c, *s);
  c->root->lock.unlock();
  if (was_linked) drop(s);
  if (s != nullptr) drop(s);
  chan_dispose(&c->done.core);
  delete c;
  return parent;
}

void dispose_done(chan_core* core) noexcept {
  // The core lies first.
  context_release(destroy(reinterpret_cast<done_channel*>(core)->of));
}

}  // namespace

done_channel::done_channel(canceler* c) noexcept
    : core(element_ops_of<unit>, 0, nullptr, &dispose_done), of(c) {
  chan_impl::enter_bubble(core);
}

canceler::canceler(kind k, context_node* p) noexcept
    : context_node(k, p, this), done(this), root(p->nearest != nullptr ? p->nearest->root : this),
      lock(base::rank::lifecycle) {
  timer.of = this;
  context_retain(p);
}

void context_retain(context_node* n) noexcept {
  // Relaxed: the reference copied keeps it alive meanwhile.
  if (!n->is_root()) n->refs.fetch_add(1, std::memory_order_relaxed);
}

void context_release(context_node* n) noexcept {
  // A loop: a long chain of values does not become a deep recursion. Acquire-release: the last one
  // sees everything that the others did.
  while (n != nullptr && !n->is_root()) {
    if (n->refs.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (n->is_canceler()) {
      auto& c = *static_cast<canceler*>(n);
      if (c.done.core.handles.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    }
    n = destroy(n);
  }
}

bool try_hold(canceler& c) noexcept {
  std::size_t n = c.done.core.handles.load(std::memory_order_relaxed);
  while (n != 0)
    if (c.done.core.handles.compare_exchange_weak(n, n + 1, std::memory_order_relaxed)) return true;
  return false;
}

void let_go(canceler& c) noexcept { const core_handle last(&c.done.core); }

void let_go_on_carrier(canceler& c) noexcept {
  std::size_t n = c.done.core.handles.load(std::memory_order_relaxed);
  // Release: as every other that drops one, for the last. Values and causes go with the last.
  while (n > 1)
    if (c.done.core.handles.compare_exchange_weak(n, n - 1, std::memory_order_release,
                                                  std::memory_order_relaxed))
      return;
  off_the_carrier([&c] { let_go(c); });
}

void adopt(canceler& c, canceler& up) noexcept {
  c.root->lock.lock();
  const int state = up.state.load(std::memory_order_relaxed);
  if (state == canceler::live) {
    c.up = &up;
    c.next_sibling = up.first_child;
    if (c.next_sibling != nullptr) c.next_sibling->prev_sibling = &c;
    up.first_child = &c;
  } else {
    c.cause = up.cause;
    wait_queue nobody;
    close_done(c, nobody);
    c.state.store(state, std::memory_order_release);  // pairs with err()
  }
  c.root->lock.unlock();
}

namespace {

// Hooks that have fired, in order, linked by `next`.
struct fired_hooks {
  sched::cancel_hook* first = nullptr;
  sched::cancel_hook** tail = &first;

  void push(sched::cancel_hook& h) noexcept {
    h.next = nullptr;
    *tail = &h;
    tail = &h.next;
  }
  // As soon as what is done to it is done, a hook is gone.
  template <class F>
  void for_each(F f) noexcept {
    while (sched::cancel_hook* const h = first) {
      first = h->next;
      f(*h);
    }
  }
};

// What one cancel has set free.
struct released {
  wait_queue waiters;
  fired_hooks wake;
  fired_hooks start;
  fired_hooks run;
};

// The walk: everything below `top`, which is live, becomes done. Under the lock.
void cancel_locked(canceler& top, int state, const std::exception_ptr& cause,
                   released& out) noexcept {
  leave_parent(top);
  // A canceler that is done has left its parent, so everything below is live. The work list is
  // linked by next_sibling.
  for (canceler* todo = &top; todo != nullptr;) {
    canceler& c = *todo;
    todo = std::exchange(c.next_sibling, nullptr);
    c.cause = cause;
    c.state.store(state, std::memory_order_release);  // pairs with err()
    timers::heap::remove(c.timer);
    close_done(c, out.waiters);
    while (sched::cancel_hook* const h = c.first_hook) {
      unlink_locked(c, *h);
      switch (h->fire(*h)) {
        case sched::cancel_action::nothing: break;
        case sched::cancel_action::wake: out.wake.push(*h); break;
        case sched::cancel_action::start: out.start.push(*h); break;
        case sched::cancel_action::run: out.run.push(*h); break;
      }
    }
    while (canceler* const child = c.first_child) {
      leave_parent(*child);
      if (base::planted(base::plant::child_not_canceled)) continue;
      child->next_sibling = todo;
      todo = child;
    }
  }
}

}  // namespace

bool cancel(canceler& top, int state, const std::exception_ptr& cause) noexcept {
  released out;
  {
    const sched::world_kept guard;  // with the timers' heaps
    base::spin_lock& lock = top.root->lock;
    lock.lock();
    const bool live = top.state.load(std::memory_order_relaxed) == canceler::live;
    if (live) cancel_locked(top, state, cause, out);
    lock.unlock();
    if (!live) return false;
  }
  // Whoever was taken first, and users' code last, when nothing is held any more: it may wait for
  // those, end the world, or drop `top`.
  while (waiter* const w = out.waiters.first) {
    chan_impl::unlink(out.waiters, *w);
    sched::ready(w->who);
  }
  out.wake.for_each([](sched::cancel_hook& h) noexcept { sched::ready(h.who); });
  out.start.for_each([](sched::cancel_hook& h) noexcept { h.run(h); });
  out.run.for_each([](sched::cancel_hook& h) noexcept { h.run(h); });
  return true;
}

bool is_done(canceler& c) noexcept {
  c.root->lock.lock();
  const bool done = c.state.load(std::memory_order_relaxed) != canceler::live;
  c.root->lock.unlock();
  return done;
}

bool link(canceler& c, sched::cancel_hook& h) noexcept {
  c.root->lock.lock();
  const bool live = c.state.load(std::memory_order_relaxed) == canceler::live;
  if (live) link_locked(c, h);
  c.root->lock.unlock();
  return live;
}

bool unlink(canceler& c, sched::cancel_hook& h) noexcept {
  c.root->lock.lock();
  const bool was = h.linked;
  if (was) unlink_locked(c, h);
  c.root->lock.unlock();
  return was;
}

std::stop_token token_of(canceler& c) {
  // Acquire: pairs with the store below.
  stop_hook* s = c.stop.load(std::memory_order_acquire);
  if (s == nullptr) {
    auto made = std::make_unique<stop_hook>();
    made->fire = [](sched::cancel_hook&) noexcept { return sched::cancel_action::run; };
    made->run = [](sched::cancel_hook& h) noexcept {
      auto* const self = static_cast<stop_hook*>(&h);
      off_the_carrier([self] {
        self->source.request_stop();
        drop(self);
      });
    };
    c.root->lock.lock();
    s = c.stop.load(std::memory_order_relaxed);
    if (s == nullptr) {
      s = made.release();
      if (c.state.load(std::memory_order_relaxed) == canceler::live) {
        s->refs.store(2, std::memory_order_relaxed);
        link_locked(c, *s);
      } else {
        // Before anybody else sees it; nobody can have a callback yet.
        s->source.request_stop();
      }
      c.stop.store(s, std::memory_order_release);
    }
    c.root->lock.unlock();
  }
  return s->source.get_token();
}

void follow_token(canceler& c, std::stop_token token) {
  c.from_token.reset(new canceler::stop_link(std::move(token), &c));
}

}  // namespace offset::inline v0::detail

namespace offset::inline v0::sched {

bool cancel_watch(const context& ctx, cancel_hook& h) {
  detail::canceler* const c = detail_context::checked(ctx).nearest;
  if (c == nullptr) return true;
  // Before it is linked: once it is, the context may end the wait. Relaxed: `ctx` holds it.
  c->done.core.handles.fetch_add(1, std::memory_order_relaxed);
  h.of = c;
  if (detail::link(*c, h)) return true;
  cancel_unwatch(h);
  return false;
}

void cancel_unwatch(cancel_hook& h) noexcept {
  auto* const c = static_cast<detail::canceler*>(std::exchange(h.of, nullptr));
  if (c == nullptr) return;
  detail::unlink(*c, h);
  detail::let_go(*c);
}

}  // namespace offset::inline v0::sched
