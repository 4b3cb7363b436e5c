// Timers, tickers and after_func, one block each: the timer's node, its channel, and room for one
// time.
//
// The channel's buffer of one is hidden (len and cap read 0): it holds the time of an expiry that
// nobody has received yet. Firing happens under the heap's lock, and so does taking a timer out;
// stop() and reset() take it out first and then empty the buffer, so nothing from before can
// follow.
//
// References: the channel's handles count (a timer object holds one of them), and a fired
// after_func holds one until its goroutine has run. The block goes with the last.
#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <string>

#include "base/clock.h"
#include "base/planted.h"
#include "base/spin_lock.h"
#include "chan/core.h"
#include "offset/error.hpp"
#include "offset/go.hpp"
#include "offset/time/ticker.hpp"
#include "sched/bubble.h"
#include "sched/sched.h"
#include "sched/sleep.h"
#include "timer/heap.h"

namespace offset::inline v0::time::detail_time {

using detail::chan_core;

namespace {

time_point at(std::int64_t ns) noexcept { return time_point(std::chrono::nanoseconds(ns)); }

std::int64_t fire_channel(timers::node& self, std::int64_t now, timers::fired& into) noexcept;
std::int64_t fire_task(timers::node& self, std::int64_t now, timers::fired& into) noexcept;
void dispose(chan_core* core) noexcept;

}  // namespace

// The node finds its way back; the core does by lying first.
struct ticking_node : timers::node {
  ticking* owner = nullptr;
};

struct ticking {
  explicit ticking(std::int64_t p) noexcept
      : core(detail::element_ops_of<time_point>, 1, slot, &dispose), repeats(p != 0), period(p) {
    core.hides_buffer = true;
    node.owner = this;
    node.fire = &fire_channel;
    chan_impl::enter_bubble(core);
  }

  chan_core core;
  ticking_node node;
  alignas(time_point) std::byte slot[sizeof(time_point)]{};
  const bool repeats;                               // a ticker, for good
  std::int64_t period;                              // 0: once
  base::spin_lock using_it{base::rank::scheduler};  // one stop or reset at a time
  std::unique_ptr<task_base> task;
};

namespace {

ticking& of(chan_core* core) noexcept { return *reinterpret_cast<ticking*>(core); }

// Under the channel's lock: for the receiver to come.
void leave_tick(ticking& t, std::int64_t ns) noexcept {
  ::new (t.slot) time_point(at(ns));
  t.core.count.store(1, std::memory_order_relaxed);
}

std::int64_t fire_channel(timers::node& self, std::int64_t now, timers::fired& into) noexcept {
  ticking& t = *static_cast<ticking_node&>(self).owner;
  chan_core& c = t.core;
  c.word.lock();
  if (detail::waiter* const w = chan_impl::take(c.receivers)) {
    if (w->elem != nullptr) ::new (w->elem) time_point(at(self.when));
    w->completed = true;
    into.wake[into.wakes++] = w->who;
  } else if (c.count.load(std::memory_order_relaxed) == 0) {
    leave_tick(t, self.when);
  }
  chan_impl::unlock(c);
  if (t.period == 0) return base::never;
  // The next one after now: what was missed is missed.
  const std::int64_t late = now > self.when ? now - self.when : 0;
  return base::saturating_add(self.when, (late / t.period + 1) * t.period);
}

// On the carrier that fired it, outside every lock.
void start_task(void* arg) noexcept {
  auto* const t = static_cast<ticking*>(arg);
  const detail::core_handle held(&t->core);
  try {
    offset::go([held, t] { t->task->run(); });
  } catch (...) {
    // No memory for a goroutine now: once more in a millisecond, unless it is stopped before.
    t->using_it.lock();
    try {
      if (t->node.where.load(std::memory_order_acquire) == nullptr)  // not reset meanwhile
        sched::add_timer(t->node, sched::now_ns() + 1'000'000, "after_func");
    } catch (...) {
      std::terminate();
    }
    t->using_it.unlock();
  }
}

std::int64_t fire_task(timers::node& self, std::int64_t, timers::fired& into) noexcept {
  ticking& t = *static_cast<ticking_node&>(self).owner;
  t.core.handles.fetch_add(1, std::memory_order_relaxed);
  into.start[into.starts++] = {start_task, &t};
  return base::never;
}

void dispose(chan_core* core) noexcept {
  ticking& t = of(core);
  const sched::world_kept guard;
  timers::heap::remove(t.node);
  detail::chan_dispose(core);
  // chan_dispose ended the core's life; the rest goes with the block.
  t.task.reset();
  t.using_it.~spin_lock();
  ::operator delete (&t, std::align_val_t{alignof(ticking)});
}

// A goroutine that sets a timer to a time that has come finds it fired, without having to wait, as
// in Go. With somebody in the queue it fires in the ordinary way, and so it does for threads.
bool fired_at_once(ticking& t, std::int64_t ns) noexcept {
  if (ns > 0 || t.repeats || t.task != nullptr || goroutine_id() == 0) return false;
  t.core.word.lock();
  const bool unseen = t.core.receivers.first == nullptr;
  if (unseen) leave_tick(t, sched::now_ns());
  chan_impl::unlock(t.core);
  return unseen;
}

void start(ticking& t, std::int64_t ns, const char* what) {
  if (fired_at_once(t, ns)) return;
  sched::add_timer(t.node, base::saturating_add(sched::soon_ns(), ns > 0 ? ns : 0), what);
}

ticking* make(std::int64_t ns, std::int64_t period, task_base* task) {
  std::unique_ptr<task_base> held(task);
  void* const block = ::operator new (sizeof(ticking), std::align_val_t{alignof(ticking)});
  auto* const t = ::new (block) ticking(period);
  detail::core_handle guard(&t->core);  // until it is set: frees it when that throws
  if (held) {
    t->task = std::move(held);
    t->node.fire = &fire_task;
  }
  start(*t, ns, period > 0 ? "ticker" : "timer");
  guard.release();
  return t;
}

// Out of the heap and with nothing in the buffer. True when it was set, or its tick not received.
bool stop_locked(ticking& t) noexcept {
  bool was = timers::heap::remove(t.node);
  // Nothing puts a tick into the buffer now: whether one is there, a look tells.
  using word = detail::chan_word;
  if (t.task == nullptr && (t.core.word.load() & (word::receivable | word::locked)) != 0) {
    t.core.word.lock();
    if (t.core.count.load(std::memory_order_relaxed) != 0 &&
        !base::planted(base::plant::stale_tick)) {
      t.core.count.store(0, std::memory_order_relaxed);
      was = true;
    }
    chan_impl::unlock(t.core);
  }
  return was;
}

// A timer's channel may wake goroutines of one world, and its time is of one clock.
void check_timer_border(const ticking& t, const char* operation) {
  if (t.core.bubble == sched::bubble_number()) [[likely]] {
    sched::schedule_point();
    return;
  }
  throw panic_error(std::string(operation) +
                    (t.core.bubble != 0 ? ": timer of a testing bubble used from outside it"
                                        : ": timer from outside the testing bubble"));
}

}  // namespace

ticking* make_timer(std::int64_t ns) { return make(ns, 0, nullptr); }

ticking* make_ticker(std::int64_t ns) {
  if (ns <= 0) throw panic_error("non-positive interval for NewTicker");
  return make(ns, ns, nullptr);
}

ticking* make_task(std::int64_t ns, task_base* task) { return make(ns, 0, task); }

bool stop(ticking* t, const char* uninitialized) {
  if (t == nullptr) throw panic_error(uninitialized);
  const sched::world_kept guard;
  check_timer_border(*t, "stop");
  // One that fires once and has not: nothing is in its buffer, and a reset that is under way (it
  // has taken the timer out, then) comes before or after.
  if (!t->repeats && timers::heap::remove(t->node)) return true;
  t->using_it.lock();
  const bool was = stop_locked(*t);
  t->using_it.unlock();
  return was;
}

bool reset(ticking* t, std::int64_t ns, const char* uninitialized) {
  if (t == nullptr) throw panic_error(uninitialized);
  const bool repeats = t->repeats;
  if (repeats && ns <= 0) throw panic_error("non-positive interval for Ticker.Reset");
  const sched::world_kept guard;
  check_timer_border(*t, "reset");
  t->using_it.lock();
  const bool was = stop_locked(*t);
  if (repeats) t->period = ns;
  try {
    start(*t, ns, "reset");
  } catch (...) {
    t->using_it.unlock();
    throw;
  }
  t->using_it.unlock();
  return was;
}

detail::core_handle channel(ticking* t) noexcept {
  if (t == nullptr || t->task != nullptr) return {};
  t->core.handles.fetch_add(1, std::memory_order_relaxed);
  return detail::core_handle(&t->core);
}

detail::core_handle release_to_channel(ticking* t) noexcept {
  return detail::core_handle(&t->core);
}

void ticking_handle::stop_and_release(ticking* t) noexcept {
  // The timer's end: nobody else is stopping or resetting it.
  const sched::world_kept guard;
  stop_locked(*t);
  // Acquire: the only handle left has seen what the others did.
  if (t->core.handles.load(std::memory_order_acquire) == 1)
    dispose(&t->core);
  else
    const detail::core_handle last(&t->core);
}

void sleep_until_ns(std::int64_t deadline) {
  sched::sleep_until(deadline, sched::wait_reason::sleep);
}

}  // namespace offset::inline v0::time::detail_time
