#include "sched/loop.h"

#include <cerrno>
#include <cstdlib>
#include <new>
#include <signal.h>
#include <sys/prctl.h>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/sanitizer.h"
#include "fiber/overflow.h"
#include "sched/bubble.h"
#include "sched/deadlock.h"
#include "sched/local.h"
#include "sched/sched.h"
#include "sched/spawn.h"
#include "sched/step_back.h"
#include "sched/sysmon.h"
#include "timer/heap.h"

namespace offset::inline v0::sched {
namespace {

// How long a carrier looks for work before it sleeps: about what waking it would cost.
constexpr std::int64_t spin_ns = 30'000;
constexpr unsigned pauses_between_looks = 32;
constexpr std::uint64_t short_ticks = 8'000;  // coarse ticks between looks at the clock: aim for
constexpr std::uint64_t long_ticks = 40'000;  // some microseconds
constexpr std::uint32_t most_stride = 64;
constexpr std::uint32_t procs_scanned = 8;  // with more Ps, a busy carrier looks at its own timers

void fire_timers(p& mine, timers::heap& h) noexcept {
  world& w = *mine.home;
  bool more = true;
  task_chain due;
  while (more && h.earliest() != base::never) {
    timers::fired batch;
    more = h.fire(base::now_ns(), batch);
    for (std::uint32_t i = 0; i < batch.wakes; ++i) {
      const sleeper s = batch.wake[i];
      if ((s & sleeper_tags) != 0) {
        ready(s);
        continue;
      }
      g& self = *reinterpret_cast<g*>(s);
      base::tsan_release(&self);
      self.state.store(g_state::runnable, std::memory_order_relaxed);
      due.push(task(&self));
    }
    for (std::uint32_t i = 0; i < batch.starts; ++i) batch.start[i].f(batch.start[i].arg);
  }
  if (!due.first) return;
  while (mine.queue.room() > 0) {
    const task t = due.pop();
    if (!t) break;
    push_tail(mine, t);
  }
  if (due.first) w.global.push_urgent(due);
  work_published(w);
}

void fire_all_timers(p& mine) noexcept {
  world& w = *mine.home;
  if (w.earliest_timer() == base::never) return;
  const std::int64_t now = base::now_ns();
  const std::uint32_t n = w.proc_count.load(std::memory_order_acquire);
  fire_timers(mine, mine.timers);
  for (std::uint32_t i = 0; i < n; ++i) {
    p* const other = w.proc(i);
    if (other != nullptr && other != &mine && other->timers.earliest() <= now)
      fire_timers(mine, other->timers);
  }
  if (w.outside_timers.earliest() <= now) fire_timers(mine, w.outside_timers);
}

// Those that have waited for long are not in the cache any more.
OFFSET_NO_TSAN void take_all(p& pr, task_chain& chain) noexcept {
  while (const task t = chain.pop()) {
    if (!t.is_seed()) fiber::prefetch(t.as_g()->fib);
    push_tail(pr, t);
  }
}

task take_global(p& pr) noexcept {
  world& w = *pr.home;
  if (w.global.size() == 0) return {};
  // As much as the own queue takes, but the others' share stays.
  task_chain chain = w.global.pop(pr.queue.room() / 2 + 1, w.set.maxprocs);
  const task first = chain.pop();
  take_all(pr, chain);
  return first;
}

task steal(f& me) noexcept {
  p& mine = *me.proc;
  world& w = *mine.home;
  const std::uint32_t n = w.proc_count.load(std::memory_order_acquire);
  std::uint32_t at = mine.random.below(n);
  for (std::uint32_t i = 0; i < n; ++i, at = at + 1 == n ? 0 : at + 1) {
    p* const victim = w.proc(at);
    if (victim == nullptr || victim == &mine) continue;
    if (const task t = victim->queue.steal_into(mine.queue)) {
      ++mine.clashes;
      return t;
    }
    if (victim->next_aged.load(std::memory_order_acquire)) {
      victim->next_aged.store(false, std::memory_order_relaxed);
      if (const task t = rescue_next(*victim)) return t;
    }
  }
  return {};
}

// From the global queue, when those there have waited for long enough while this P had its own:
// one, or some of them where many wait there and few here.
OFFSET_NO_TSAN task take_in_turn(p& pr) noexcept {
  const std::uint32_t ticks = pr.ticks.load(std::memory_order_relaxed);
  if (ticks - pr.global_taken < global_every) return {};
  pr.global_taken = ticks;
  if (pr.home->global.size() == 0) return {};
  const bool few_here = pr.queue.room() > run_queue::capacity / 2;
  task_chain some = pr.home->global.pop(few_here ? 16 : 1, 8);
  const task first = some.pop();
  take_all(pr, some);
  return first;
}

task local_or_global(p& pr) noexcept {
  pr.count_tick();
  if (const task t = take_in_turn(pr)) return t;
  if (const task t = pr.exchange_next({})) return t;
  // Sysmon may have seen the slot full, and says so only now.
  if (pr.next_aged.load(std::memory_order_relaxed))
    pr.next_aged.store(false, std::memory_order_relaxed);
  if (const task t = pr.pop()) return t;
  return take_global(pr);
}

// An extra carrier that is no longer needed puts itself aside until sysmon wants it again.
bool retire(f& me) noexcept {
  p& pr = *me.proc;
  world& w = *me.home;
  if (pr.index < w.set.maxprocs) return false;
  std::uint32_t excess = w.excess.load(std::memory_order_acquire);
  do {
    if (excess == 0) return false;
  } while (!w.excess.compare_exchange_weak(excess, excess - 1, std::memory_order_acq_rel));
  if (give_away(pr)) work_published(w);
  if (me.searching) {
    me.searching = false;
    if (w.idle.end_search() && w.work_visible()) work_published(w);
  }
  pr.idle.store(true, std::memory_order_relaxed);
  w.carriers_lock.lock();
  me.note.clear();
  w.retired.fetch_add(1, std::memory_order_acq_rel);
  me.next_idle = w.retired_list;
  w.retired_list = &me;
  w.carriers_lock.unlock();
  // Those that sleep counted on us: to look at the timers, and to be awake. One of them, unless
  // somebody searches and will look on its own, takes over the time or finds that all are asleep.
  if (f* const sleeper_f = w.idle.take(false)) sleeper_f->note.wake();
  me.note.wait();
  me.note.clear();
  pr.idle.store(false, std::memory_order_relaxed);
  wake_sysmon(w);
  return true;
}

// Until there may be work. Returns as a searcher.
void sleep(f& me) noexcept {
  world& w = *me.home;
  if (w.active() - w.idle.sleeping() < 2) w.stepped_back.store(false, std::memory_order_relaxed);
  me.note.clear();
  w.idle.sleep(me);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (w.work_visible() || w.stopping.load(std::memory_order_acquire)) {
    if (!w.idle.wake_self(me)) me.note.wait();
    return;
  }
  sleep_on(me);
}

task search(f& me) noexcept {
  world& w = *me.home;
  p& mine = *me.proc;
  for (int round = 0; round < 2; ++round) {
    if (const task t = steal(me)) return t;
    if (const task t = take_global(mine)) return t;
  }
  // Spinning pays only on a CPU that nobody else of ours wants.
  const std::uint32_t awake = w.active() - w.idle.sleeping();
  if (awake > base::cpu_count() || w.set.maxprocs == 1) return {};
  const std::int64_t until = base::now_ns() + spin_ns;
  do {
    for (unsigned i = 0; i < pauses_between_looks; ++i) base::cpu_pause();
    if (w.work_visible()) {
      if (const task t = take_global(mine)) return t;
      if (const task t = steal(me)) return t;
    }
    if (mine.attention.load(std::memory_order_relaxed)) return {};
    if (w.earliest_timer() <= base::now_ns()) return {};
  } while (base::now_ns() < until);
  return {};
}

task found(f& me, task t) noexcept {
  if (me.searching) {
    me.searching = false;
    world& w = *me.home;
    const bool last = w.idle.end_search();
    if (last && w.work_visible() && !w.stepped_back.load(std::memory_order_relaxed))
      work_published(w);
  }
  return t;
}

// Nothing only when the world stops.
task find_work(f& me) noexcept {
  p& pr = *me.proc;
  world& w = *me.home;
  if (w.bubble != nullptr) return w.bubble->find_work(me);
  for (;;) {
    if (pr.attention.load(std::memory_order_relaxed)) {
      pr.attention.store(false, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
    }
    if (w.stopping.load(std::memory_order_acquire)) return {};
    if (w.excess.load(std::memory_order_relaxed) != 0 && retire(me)) continue;
    if (pr.crowded) {
      step_back(me);
      continue;
    }
    if (pr.unstarted != nullptr) return found(me, task(std::exchange(pr.unstarted, nullptr)));
    pr.timers_are_due = false;
    fire_all_timers(pr);
    if (const task t = local_or_global(pr)) return found(me, t);
    if (!me.searching) me.searching = w.idle.begin_search(w.set.maxprocs);
    if (me.searching)
      if (const task t = search(me)) return found(me, t);
    if (pr.attention.load(std::memory_order_relaxed) || w.earliest_timer() <= base::now_ns())
      continue;
    pr.idle.store(true, std::memory_order_relaxed);
    sleep(me);
    pr.idle.store(false, std::memory_order_relaxed);
    wake_sysmon(w);
  }
}

// On the carrier's own stack.
void run_task(f& me, task t) noexcept {
  p& pr = *me.proc;
  if (t.is_seed()) {
    if (pr.stacks == nullptr && !refill_stacks(pr)) {
      starve(*me.home, t.as_seed());
      return;
    }
  }
  switch_to_task(me, me.switcher.own, t, nullptr, nullptr, false);
}

void block_signals_of_others() noexcept {
  // Signals sent to the process are for the program's own threads. A broken pipe is told to the
  // thread that writes.
  sigset_t all;
  sigfillset(&all);
  for (const int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF, SIGSYS, SIGPIPE})
    sigdelset(&all, s);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

void begin_thread(f& me) noexcept {
  set_current_f(&me);
  base::tsan_share_thread_locals();
  fiber::init_carrier(me.switcher);
  fiber::use_overflow_stack();
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

void end_thread(f& me) noexcept {
  world& w = *me.home;
  set_current_f(nullptr);
  fiber::drop_overflow_stack();
  fiber::close_carrier(me.switcher);
  if (w.threads_alive.fetch_sub(1, std::memory_order_acq_rel) == 1)
    base::futex_wake(w.threads_alive);
  w.release();
}

void* carrier_main(void* arg) {
  f& me = *static_cast<f*>(arg);
  begin_thread(me);
  me.proc->idle.store(false, std::memory_order_relaxed);
  wake_sysmon(*me.home);
  while (const task t =
             me.resume != nullptr ? task(std::exchange(me.resume, nullptr)) : find_work(me))
    run_task(me, t);
  end_thread(me);
  return nullptr;
}

void* pinned_main(void* arg) {
  f& me = *static_cast<f*>(arg);
  world& w = *me.home;
  begin_thread(me);
  g* const self = me.pinned;
  base::tsan_acquire(self);
  for (;;) {
    // Wait until it is made ready, then run it until it waits.
    while (me.pinned_ready.load(std::memory_order_acquire) == 0) {
      if (w.stopping.load(std::memory_order_acquire)) goto out;
      base::futex_wait(me.pinned_ready, 0);
    }
    me.pinned_ready.store(0, std::memory_order_relaxed);
    if (w.stopping.load(std::memory_order_acquire)) goto out;
    run_on(me, *self);
    fiber::switch_to(me.switcher, me.switcher.own, self->fib, nullptr, nullptr);
    me.current = nullptr;
    // Its park has been committed: it may have been made ready already.
    if (me.pinned == nullptr) goto out;  // it ended
    w.pinned_running.fetch_sub(1, std::memory_order_seq_cst);
    suspect_deadlock(w);
  }
out:
  end_thread(me);
  return nullptr;
}

void unlist(world& w, f& gone) noexcept {
  w.carriers_lock.lock();
  f** at = &w.carriers;
  while (*at != &gone) at = &(*at)->next_all;
  *at = gone.next_all;
  w.carriers_lock.unlock();
}

bool start_thread(world& w, f& made, void* (*main)(void*)) noexcept {
  w.retain();
  w.threads_alive.fetch_add(1, std::memory_order_acq_rel);
  sigset_t old;
  pthread_sigmask(SIG_SETMASK, nullptr, &old);
  block_signals_of_others();
  const int error = pthread_create(&made.thread, nullptr, main, &made);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  if (error != 0) {
    w.threads_alive.fetch_sub(1, std::memory_order_acq_rel);
    w.references.fetch_sub(1, std::memory_order_acq_rel);
    errno = error;
    return false;
  }
  return true;
}

}  // namespace

bool give_away(p& pr) noexcept {
  task_chain rest;
  if (pr.unstarted != nullptr) rest.push(task(std::exchange(pr.unstarted, nullptr)));
  if (const task t = pr.exchange_next({})) rest.push(t);
  while (const task t = pr.pop()) rest.push(t);
  if (!rest.first) return false;
  pr.home->global.push_front(rest);
  return true;
}

void sleep_on(f& me) noexcept {
  world& w = *me.home;
  // The earliest timer, looked at again once the deadline is announced: one that is set in between
  // by a thread outside either is seen here, or its setter sees the deadline.
  std::int64_t until = w.earliest_timer();
  while (until != base::never && w.idle.keep_time(me, until)) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const std::int64_t again = w.earliest_timer();
    if (again >= until) break;
    until = again;
  }
  if (until == base::never || w.idle.keeper_until() > until) until = base::never;
  if (w.earliest_timer() == base::never) suspect_deadlock(w);
  if (until == base::never) {
    me.note.wait();
  } else if (!me.note.wait_until(until)) {
    if (!w.idle.wake_self(me)) me.note.wait();
  }
}

OFFSET_NO_TSAN bool look_around(p& pr, task& turn) noexcept {
  const std::uint64_t ticks = base::coarse_ticks();
  const std::uint64_t passed = ticks - pr.looked;
  pr.looked = ticks;
  if (passed < short_ticks && pr.look_stride < most_stride)
    pr.look_stride *= 2;
  else if (passed > long_ticks && pr.look_stride > 1)
    pr.look_stride /= 2;
  pr.look_countdown = pr.look_stride;
  const bool crowded = is_crowded(pr, passed);
  world& w = *pr.home;
  const std::int64_t earliest = w.proc_count.load(std::memory_order_relaxed) <= procs_scanned
                                    ? w.earliest_timer()
                                    : pr.timers.earliest();
  pr.timers_are_due = earliest != base::never && earliest <= base::now_ns();
  if (pr.timers_are_due || crowded) return true;
  turn = take_in_turn(pr);
  return static_cast<bool>(turn);
}

void overflow(p& pr, task t) noexcept {
  task_chain half;
  while (!pr.queue.pop_half(half))
    if (pr.queue.push(t)) return;
  half.push(t);
  pr.home->global.push(half);
}

void wake_for_work(world& w) noexcept {
  if (f* const sleeper_f = w.idle.take(false)) {
    sleeper_f->note.wake();
    return;
  }
  if (w.idle.word() == 0 && w.proc_count.load(std::memory_order_acquire) < w.set.maxprocs &&
      w.idle.begin_search(1) && !add_carrier(w, true))
    w.idle.end_search();
}

bool add_carrier(world& w, bool searching) noexcept {
  // One at a time; the one being started looks at every queue before it sleeps.
  std::uint32_t none = 0;
  if (!w.starting.compare_exchange_strong(none, 1, std::memory_order_acq_rel)) return false;
  struct done_t {
    world& w;
    ~done_t() { w.starting.store(0, std::memory_order_release); }
  } const done{w};
  if (w.stopping.load(std::memory_order_acquire)) return false;
  w.carriers_lock.lock();
  if (f* const back = w.retired_list; back != nullptr) {
    w.retired_list = back->next_idle;
    w.retired.fetch_sub(1, std::memory_order_acq_rel);
    w.carriers_lock.unlock();
    back->searching = searching;
    back->note.wake();
    return true;
  }
  w.carriers_lock.unlock();
  const std::uint32_t index = w.proc_count.load(std::memory_order_acquire);
  if (index >= w.set.maxprocs + world::most_extra) return false;
  p* const made_p =
      new (std::nothrow) p(w, index, w.set.seed + 0x9E3779B97F4A7C15ULL * (index + 1));
  f* const made_f = new (std::nothrow) f;
  if (made_p == nullptr || made_f == nullptr) {
    delete made_p;
    delete made_f;
    errno = ENOMEM;
    return false;
  }
  made_p->fence_next = !base::prepare_asymmetric_fence();
  if (index == 0 && !made_p->fence_next)
    made_p->queue_is.store(owners::alone, std::memory_order_relaxed);
  if (index != 0) w.proc(0)->end_alone();
  made_f->proc = made_p;
  made_f->home = &w;
  made_f->searching = searching;
  w.procs[index].store(made_p, std::memory_order_release);
  w.carriers_lock.lock();
  made_f->next_all = w.carriers;
  w.carriers = made_f;
  w.carriers_lock.unlock();
  w.proc_count.store(index + 1, std::memory_order_release);
  if (start_thread(w, *made_f, carrier_main)) return true;
  w.proc_count.store(index, std::memory_order_release);
  // One that has counted it as awake, and stepped back, looks again.
  if (f* const sleeper_f = w.idle.take(true)) sleeper_f->note.wake();
  unlist(w, *made_f);
  w.procs[index].store(nullptr, std::memory_order_release);
  delete made_f;
  delete made_p;
  return false;
}

void start_pinned(world& w, g& self) {
  auto made = std::make_unique<f>();
  made->home = &w;
  made->pinned = &self;
  made->pinned_ready.store(1, std::memory_order_relaxed);
  self.pinned_to = made.get();
  base::tsan_release(&self);
  w.pinned_running.fetch_add(1, std::memory_order_seq_cst);
  w.carriers_lock.lock();
  made->next_all = w.carriers;
  w.carriers = made.get();
  w.carriers_lock.unlock();
  if (start_thread(w, *made, pinned_main)) {
    static_cast<void>(made.release());  // the world's list has it
    return;
  }
  const int error = errno;
  w.pinned_running.fetch_sub(1, std::memory_order_seq_cst);
  unlist(w, *made);
  throw std::system_error(error, std::generic_category(),
                          "offset: go: cannot create a thread for a pinned goroutine");
}

bool wait_for_carriers(world& w, std::int64_t deadline_ns) noexcept {
  for (;;) {
    const std::uint32_t alive = w.threads_alive.load(std::memory_order_acquire);
    if (alive == 0) return true;
    if (!base::futex_wait_until(w.threads_alive, alive, deadline_ns)) return false;
  }
}

}  // namespace offset::inline v0::sched
