// The tree of cancelers: see node.h for who owns what.
#include <cstddef>
#include <utility>

#include "base/planted.h"
#include "chan/core.h"
#include "context/node.h"
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

void drop(stop_hook* s) noexcept {
  if (s->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete s;
}

// Nobody holds it any more. Answers its parent, whose reference the caller now has.
context_node* destroy(context_node* n) noexcept {
  context_node* const parent = n->parent;
  if (!n->is_canceler()) {
    delete n;
    return parent;
  }
  auto* const c = static_cast<canceler*>(n);
  const sched::world_kept guard;  // with the timer's heap
  // Waits for a callback that is running in another thread, which finds nothing to hold.
  c->from_token.reset();
  timers::heap::remove(c->timer);
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

bool cancel(canceler& top, int state, const std::exception_ptr& cause) noexcept {
  const sched::world_kept guard;  // with the timers' heaps
  base::spin_lock& lock = top.root->lock;
  wait_queue released;
  sched::cancel_hook* fired = nullptr;
  sched::cancel_hook** tail = &fired;
  lock.lock();
  if (top.state.load(std::memory_order_relaxed) != canceler::live) {
    lock.unlock();
    return false;
  }
  leave_parent(top);
  // A canceler that is done has left its parent, so everything below is live. The work list is
  // linked by next_sibling.
  for (canceler* todo = &top; todo != nullptr;) {
    canceler& c = *todo;
    todo = std::exchange(c.next_sibling, nullptr);
    c.cause = cause;
    c.state.store(state, std::memory_order_release);  // pairs with err()
    timers::heap::remove(c.timer);
    close_done(c, released);
    while (sched::cancel_hook* const h = c.first_hook) {
      unlink_locked(c, *h);
      if (h->fire(*h) == sched::cancel_action::nothing) continue;
      h->next = nullptr;
      *tail = h;
      tail = &h->next;
    }
    while (canceler* const child = c.first_child) {
      leave_parent(*child);
      if (base::planted(base::plant::child_not_canceled)) continue;
      child->next_sibling = todo;
      todo = child;
    }
  }
  lock.unlock();
  while (waiter* const w = released.first) {
    chan_impl::unlink(released, *w);
    sched::ready(w->who);
  }
  while (fired != nullptr) {
    sched::cancel_hook& h = *fired;
    fired = h.next;  // as soon as it is ready, it is gone
    if (h.run != nullptr)
      h.run(h);
    else
      sched::ready(h.who);
  }
  return true;
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
      self->source.request_stop();
      drop(self);
    };
    c.root->lock.lock();
    s = c.stop.load(std::memory_order_relaxed);
    bool done = false;
    if (s == nullptr) {
      s = made.release();
      done = c.state.load(std::memory_order_relaxed) != canceler::live;
      if (!done) {
        s->refs.store(2, std::memory_order_relaxed);
        link_locked(c, *s);
      }
      c.stop.store(s, std::memory_order_release);
    }
    c.root->lock.unlock();
    if (done) s->source.request_stop();
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
  return c == nullptr || detail::link(*c, h);
}

void cancel_unwatch(const context& ctx, cancel_hook& h) noexcept {
  if (detail::canceler* const c = detail_context::node(ctx)->nearest) detail::unlink(*c, h);
}

}  // namespace offset::inline v0::sched
