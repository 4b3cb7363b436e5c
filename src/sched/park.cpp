// park, ready and yield: the one way to wait and its one counterpart.
#include "offset/go.hpp"

#include <exception>
#include <sched.h>
#include <stdexcept>
#include <string>

#include "base/cpu.h"
#include "base/sanitizer.h"
#include "sched/bubble.h"
#include "sched/goexit.h"
#include "sched/local.h"
#include "sched/sched.h"
#include "timer/heap.h"

namespace offset::inline v0::sched {
namespace {

void ready_pinned(g& self) noexcept {
  f& its = *self.pinned_to;
  world& w = *self.home;
  outside_call guard;
  w.pinned_running.fetch_add(1, std::memory_order_seq_cst);
  self.state.store(g_state::runnable, std::memory_order_release);
  its.pinned_ready.store(1, std::memory_order_release);
  base::futex_wake(its.pinned_ready);
}

void ready_outside(g& self) noexcept {
  // While the call is counted the world stays; the waiter, once runnable, may be gone any time.
  outside_call guard;
  world& w = *self.home;
  self.state.store(g_state::runnable, std::memory_order_release);
  w.global.push(task(&self));
  work_published(w);
}

OFFSET_NO_TSAN void commit_yield(fiber::carrier* on, void* arg) {
  g* const self = static_cast<g*>(arg);
  push_tail(*f_of(*on).proc, task(self));
}

// A loop of operations that never wait comes by here: the end of the world must reach it.
OFFSET_NO_TSAN void look_after(const f& me) noexcept {
  if (me.home->stopping.load(std::memory_order_relaxed)) [[unlikely]]
    offset::yield();
}

}  // namespace

OFFSET_NO_TSAN void leave(f& me, g& self, commit_fn commit, void* arg) noexcept {
  tsan_leaves_bubble();
  const task t = me.proc != nullptr ? pick(*me.proc) : task();
  if (t) {
    switch_to_task(me, self.fib, t, commit, arg, false);
  } else {
    me.current = nullptr;
    fiber::switch_to(me.switcher, self.fib, me.switcher.own, commit, arg);
  }
  base::tsan_acquire(&self);  // pairs with ready
}

OFFSET_NO_TSAN parker::parker() noexcept {
  schedule_point();
  f* const me = current_f();
  if (me != nullptr && me->current != nullptr) {
    g* const self = me->current;
    look_after(*me);
    who_ =
        reinterpret_cast<std::uintptr_t>(self) | (self->pinned_to != nullptr ? sleeper_pinned : 0);
  } else {
    who_ = reinterpret_cast<std::uintptr_t>(&note_) | sleeper_thread;
  }
}

OFFSET_NO_TSAN bool parker::may_not_wait() const noexcept {
  if ((who_ & sleeper_thread) != 0) return forked_child().load(std::memory_order_relaxed);
  // Destructors that run because of goexit may wait.
  return reinterpret_cast<g*>(who_ & ~sleeper_tags)->exiting && std::uncaught_exceptions() == 0;
}

void parker::refuse() const {
  if ((who_ & sleeper_thread) == 0) throw goexit_signal();
  throw std::logic_error(
      "offset: this process is a fork of one with a runtime: it may only exec or exit");
}

bool parker::thread_wait_until(std::int64_t deadline_ns) noexcept {
  return note_.wait_until(deadline_ns);
}

void parker::thread_wait() noexcept { note_.wait(); }

OFFSET_NO_TSAN void parker::park(commit_fn commit, void* arg, wait_reason reason,
                                 abandon_hook hook) noexcept {
  if ((who_ & sleeper_thread) != 0) {
    commit(nullptr, arg);
    thread_wait();
    return;
  }
  sched::park(*current_f(), commit, arg, reason, hook);
}

OFFSET_NO_TSAN void park(f& me, commit_fn commit, void* arg, wait_reason reason,
                         abandon_hook hook) noexcept {
  g& self = *me.current;
  self.hook = hook;
  self.reason.store(reason, std::memory_order_relaxed);
  self.state.store(g_state::waiting, std::memory_order_release);
  leave(me, self, commit, arg);
  self.hook.actions = nullptr;
}

OFFSET_NO_TSAN void ready(sleeper s) noexcept {
  if ((s & sleeper_tags) != 0) [[unlikely]] {
    if ((s & sleeper_thread) != 0) {
      reinterpret_cast<base::note*>(s & ~sleeper_tags)->wake();
      return;
    }
    g* const pinned = reinterpret_cast<g*>(s & ~sleeper_tags);
    base::tsan_release(pinned);
    ready_pinned(*pinned);
    return;
  }
  g& self = *reinterpret_cast<g*>(s);
  f* const me = current_f();
  if (me != nullptr && me->proc != nullptr && me->home == self.home) [[likely]] {
    ready(*me, s);
  } else {
    base::tsan_release(&self);  // pairs with leave
    ready_outside(self);
  }
}

OFFSET_NO_TSAN ready_batch::ready_batch() noexcept : me_(current_f()) {
  if (me_ != nullptr && (me_->proc == nullptr || me_->home->bubble != nullptr)) me_ = nullptr;
}

OFFSET_NO_TSAN bool ready_batch::add(sleeper s) noexcept {
  if (me_ == nullptr || (s & sleeper_tags) != 0) return false;
  g& self = *reinterpret_cast<g*>(s);
  if (self.home != me_->home) return false;
  base::tsan_release(&self);  // pairs with leave
  self.state.store(g_state::runnable, std::memory_order_relaxed);
  chain_.push(task(&self));
  return true;
}

OFFSET_NO_TSAN void ready_batch::ready() noexcept {
  if (!chain_.first) return;
  p& pr = *me_->proc;
  // As one by one: the last is next, the others queue in order.
  while (pr.queue.room() > 0) {
    const task t = chain_.pop();
    if (!t) break;
    if (const task displaced = pr.exchange_next(t)) push_tail(pr, displaced);
  }
  if (chain_.first) pr.home->global.push(chain_);
  work_published(*pr.home);
}

OFFSET_NO_TSAN world_kept::world_kept() noexcept : counted_(current_f() == nullptr) {
  if (counted_) outside_call::count().fetch_add(1, std::memory_order_seq_cst);
}

world_kept::~world_kept() {
  if (counted_) outside_call::end();
}

OFFSET_NO_TSAN void give_way() noexcept {
  f& me = *current_f();
  g& self = *me.current;
  self.state.store(g_state::runnable, std::memory_order_relaxed);
  leave(me, self, commit_yield, &self);
}

void park_forever(wait_reason reason) {
  parker here;
  here.check();
  here.park([](fiber::carrier*, void*) {}, nullptr, reason, {});
  std::terminate();  // nobody has it to make it ready
}

OFFSET_NO_TSAN bool worth_spinning() noexcept {
  if (base::cpu_count() == 1) return false;
  f* const me = current_f();
  if (me == nullptr || me->proc == nullptr) return true;
  const p& pr = *me->proc;
  const world& w = *me->home;
  return w.active() - w.idle.sleeping() > 1 && pr.queue.empty() && !pr.has_next();
}

OFFSET_NO_TSAN base::random& caller_random() noexcept {
  if (f* const me = current_f(); me != nullptr && me->proc != nullptr) return me->proc->random;
  thread_local base::random mine(static_cast<std::uint64_t>(base::now_ns()) ^
                                 reinterpret_cast<std::uintptr_t>(&mine));
  return mine;
}

OFFSET_NO_TSAN timers::heap* caller_timers() noexcept {
  f* const me = current_f();
  if (me == nullptr) return nullptr;
  return me->proc != nullptr ? &me->proc->timers : &me->home->outside_timers;
}

void add_timer(timers::node& n, std::int64_t when, const char* what) {
  if (timers::heap* const mine = caller_timers(); mine != nullptr) {
    mine->add(n, when);
    timer_added(*mine, when);
    return;
  }
  outside_call guard;
  world* const w = live_world().load(std::memory_order_seq_cst);
  if (w == nullptr)
    throw std::logic_error(std::string("offset: ") + what +
                           ": no runtime is alive: timers need offset::run or an offset::runtime");
  w->outside_timers.add(n, when);
  timer_added(w->outside_timers, when);
}

OFFSET_NO_TSAN void timer_added(timers::heap& h, std::int64_t when) noexcept {
  f* const me = current_f();
  // The caller's own carrier looks at its timers before it sleeps.
  if (me != nullptr && me->proc != nullptr && &me->proc->timers == &h) return;
  outside_call guard;
  world* const w = me != nullptr ? me->home : live_world().load(std::memory_order_seq_cst);
  if (w == nullptr) return;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (when < w->idle.keeper_until() && w->idle.sleeping() > 0)
    if (f* const sleeper_f = w->idle.take(true)) sleeper_f->note.wake();
}

}  // namespace offset::inline v0::sched

namespace offset::inline v0 {

OFFSET_NO_TSAN void yield() noexcept {
  using namespace sched;
  f* const me = current_f();
  if (me == nullptr || me->current == nullptr) {
    sched_yield();
    return;
  }
  p* const pr = me->proc;
  g& self = *me->current;
  if (pr != nullptr) {
    const task t = pick(*pr);
    if (t) {
      self.state.store(g_state::runnable, std::memory_order_relaxed);
      switch_to_task(*me, self.fib, t, commit_yield, &self, false);
      base::tsan_acquire(&self);
      return;
    }
    // Nothing here. The loop is only for what pick left to it, or for work that lies elsewhere.
    if (!pr->attention.load(std::memory_order_relaxed) && !pr->timers_are_due && !pr->crowded &&
        pr->home->global.size() == 0)
      return;
    if (pr->home->bubble != nullptr) {
      pr->home->bubble->yielded(self);
      give_way();
      return;
    }
  } else {
    // Pinned: there is nothing else to run on this thread.
    if (!me->home->stopping.load(std::memory_order_acquire)) {
      sched_yield();
      return;
    }
  }
  self.state.store(g_state::runnable, std::memory_order_relaxed);
  me->current = nullptr;
  fiber::switch_to(me->switcher, self.fib, me->switcher.own, pr != nullptr ? commit_yield : nullptr,
                   &self);
  base::tsan_acquire(&self);
}

}  // namespace offset::inline v0
