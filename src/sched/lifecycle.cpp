// Starting a world and taking it down.
//
// The order of the end, on the thread that called run (or destroys a runtime):
//   1. The world is no longer the live one: `go` from outside is refused; calls under way are
//   waited for
//      at the end.
//   2. `stopping` is up; every carrier is told, and ends at its next step into the scheduler.
//   3. Goroutines that wait are taken out of what they wait on. One that somebody has already taken
//   is
//      waited for until it has been made ready, so that nobody holds a pointer to it any more.
//   4. The references go. Carriers that did not come back in time keep theirs, and with them the
//   memory.
#include "offset/runtime.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>

#include "base/asymmetric_fence.h"
#include "base/clock.h"
#include "base/sanitizer.h"
#include "blocking/pool.h"
#include "fiber/overflow.h"
#include "sched/deadlock.h"
#include "sched/lifecycle.h"
#include "sched/local.h"
#include "sched/loop.h"
#include "sched/options.h"
#include "sched/panic.h"
#include "sched/singles.h"
#include "sched/spawn.h"
#include "sched/sysmon.h"

namespace offset::inline v0::sched {
namespace {

constinit std::atomic<world*> live{nullptr};
constinit std::atomic<bool> taken{false};  // a world is alive, starting or ending
constinit std::atomic<std::int64_t> outside_calls{0};

constexpr std::int64_t grace = 100'000'000;  // for carriers that run a goroutine as the world ends

fiber::overflow_report ask_overflow(const void* fault) noexcept {
  fiber::overflow_report r;
  f* const me = current_f();
  if (me == nullptr || me->current == nullptr) return r;
  const g& self = *me->current;
  const std::byte* const low = self.stack.low;
  const auto at = static_cast<const std::byte*>(fault);
  const std::size_t size = static_cast<std::size_t>(self.fib.stack_high - low);
  // A frame larger than the guard may jump it: a fault a little further down counts as well.
  constexpr std::size_t reach = std::size_t{64} << 10;
  if (at >= low || at + fiber::guard_size_for(size) + reach < low) return r;
  r.is_overflow = true;
  r.goroutine = self.id;
  r.stack_size = size;
  r.low = low;
  r.high = self.fib.stack_high;
  return r;
}

void after_fork_in_child() noexcept {
  // Only the calling thread is left: no carrier, no clock, no pool. The child may exec or exit.
  if (!taken.load(std::memory_order_relaxed)) return;
  live.store(nullptr, std::memory_order_relaxed);
  set_current_f(nullptr);
  forked_child().store(true, std::memory_order_relaxed);
}

// What goroutines hold that are given up is not leaked: the leak checker is told where it is.
void tell_leak_checker(world& w) noexcept {
  const auto add = [](const g& self) {
    if (self.state.load(std::memory_order_relaxed) != g_state::free)
      base::leak_root(
          self.stack.low,
          static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&self + 1) - self.stack.low));
  };
  w.singles_lock.lock();
  for (world::single* s = w.singles; s != nullptr; s = s->next) add(*s->self);
  w.singles_lock.unlock();
  w.stacks.for_each([&](std::byte* header) { add(*reinterpret_cast<g*>(header)); });
  w.blocks.for_each_chunk([](const void* at, std::size_t size) { base::leak_root(at, size); });
}

// exit() leaves the goroutines of the live world where they are. The leak checker looks later: it
// registered with atexit before anybody else.
[[maybe_unused]] void tell_leak_checker_at_exit() noexcept {
  const outside_call under_way;  // the world is not taken down
  if (world* const w = live.load(std::memory_order_seq_cst)) tell_leak_checker(*w);
}

void start_world(world& w) {
  static const int registered = pthread_atfork(nullptr, nullptr, after_fork_in_child);
  static_cast<void>(registered);
  if constexpr (base::asan) {
    static const int at_exit = std::atexit(tell_leak_checker_at_exit);
    static_cast<void>(at_exit);
  }
  fiber::install_overflow_handler(ask_overflow);
  base::prepare_asymmetric_fence();
  if (w.bubble == nullptr) start_sysmon(w);
  // A `go` from another thread may be starting the first carrier at this moment.
  for (;;) {
    errno = 0;
    if (add_carrier(w, false) || w.proc_count.load(std::memory_order_acquire) > 0) return;
    if (errno != 0)
      throw std::system_error(errno, std::generic_category(), "offset: cannot create a thread");
    sched_yield();
  }
}

void stop_carriers(world& w) noexcept {
  w.stopping.store(true, std::memory_order_seq_cst);
  const std::uint32_t n = w.proc_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < n; ++i)
    if (p* const pr = w.proc(i)) pr->attention.store(true, std::memory_order_seq_cst);
  while (f* const idle_f = w.idle.take(true)) idle_f->note.wake();
  w.carriers_lock.lock();
  f* retired = std::exchange(w.retired_list, nullptr);
  while (retired != nullptr) {
    f* const next = retired->next_idle;
    retired->note.wake();
    retired = next;
  }
  for (f* c = w.carriers; c != nullptr; c = c->next_all)
    if (c->proc == nullptr) {
      // A pinned goroutine's thread looks at `stopping` whenever it is woken.
      c->pinned_ready.fetch_or(2, std::memory_order_seq_cst);
      base::futex_wake(c->pinned_ready);
    }
  w.carriers_lock.unlock();
}

// A goroutine that waits leaves what it waits on.
void abandon(g& self, std::int64_t give_up_at) noexcept {
  const g_state state = self.state.load(std::memory_order_acquire);
  if (state == g_state::free || state == g_state::running) return;
  const abandon_actions* const actions = self.hook.actions;
  if (state == g_state::waiting) {
    if (actions == nullptr || actions->undo == nullptr || actions->undo(self.hook.arg)) return;
    // Somebody has it in hand and is about to make it ready.
    while (self.state.load(std::memory_order_acquire) == g_state::waiting)
      if (base::now_ns() < give_up_at)
        sched_yield();
      else
        return;
  }
  if (actions != nullptr && actions->settle != nullptr) actions->settle(self.hook.arg);
}

// The goroutines of a world that has ended: it stays for the leak checker.
[[maybe_unused]] void keep_for_leak_checker(world& w) noexcept {
  static std::atomic<world*> kept{nullptr};
  tell_leak_checker(w);
  w.retain();
  w.next_kept = kept.load(std::memory_order_relaxed);
  kept.store(&w, std::memory_order_relaxed);  // worlds end one at a time
}

// What shutdown found still there: printed once nothing runs any more.
void report_stragglers(world& w) noexcept {
  fiber::carrier here;
  fiber::init_carrier(here);
  std::string text = "offset: runtime: " + std::to_string(w.goroutines()) +
                     " goroutines had not ended at shutdown:\n\n";
  append_goroutines(text, w, &here);
  fiber::close_carrier(here);
  const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(ignored);
}

void end_world(world& w, bool report = false) noexcept {
  live.store(nullptr, std::memory_order_seq_cst);
  stop_carriers(w);
  stop_sysmon(w);
  const std::int64_t deadline = base::now_ns() + grace;
  const bool all_stopped = wait_for_carriers(w, deadline);
  const std::int64_t give_up_at = all_stopped ? base::never : base::now_ns() + grace;
  w.io->stop();
  if (report) report_stragglers(w);
  w.singles_lock.lock();
  for (world::single* s = w.singles; s != nullptr; s = s->next) abandon(*s->self, give_up_at);
  w.singles_lock.unlock();
  w.stacks.for_each([&](std::byte* header) { abandon(*reinterpret_cast<g*>(header), give_up_at); });
  if (all_stopped) {
    for (std::uint32_t i = 0; i < w.proc_count.load(std::memory_order_acquire); ++i)
      if (p* const pr = w.proc(i)) pr->timers.clear();
    w.outside_timers.clear();
  }
  while (outside_call::count().load(std::memory_order_seq_cst) != 0) sched_yield();
  for (f* c = w.carriers; c != nullptr; c = c->next_all) {
    if (all_stopped)
      pthread_join(c->thread, nullptr);
    else
      pthread_detach(c->thread);
  }
  if constexpr (base::asan)
    if (w.goroutines() != 0) keep_for_leak_checker(w);
  taken.store(false, std::memory_order_seq_cst);
  w.release();
}

void wait_for_main(world& w) noexcept {
  if constexpr (base::tsan) {
    // It runs the handler of a signal that this thread gets only in calls that it knows.
    while (!w.main_done.wait_until(base::now_ns() + 10'000'000)) usleep(0);
    return;
  }
  w.main_done.wait();
}

world* make_world(const options& o, bool reports_deadlock, bubble* its = nullptr,
                  std::uint64_t seed = 0) {
  f* const me = current_f();
  if (taken.exchange(true, std::memory_order_seq_cst)) {
    const char* const who = its != nullptr ? "offset: testing: bubble: " : "offset: run: ";
    throw std::logic_error(std::string(who) +
                           (me == nullptr ? "another runtime is alive; one at a time"
                            : me->home->bubble != nullptr ? "called inside a testing bubble"
                                                          : "called inside a runtime"));
  }
  world* w = nullptr;
  try {
    settings s = settle(o);
    if (its != nullptr) s.seed = seed;
    w = new world(s, reports_deadlock, its);
    if (its == nullptr) live.store(w, std::memory_order_seq_cst);
    return w;
  } catch (...) {
    delete w;
    taken.store(false, std::memory_order_seq_cst);
    throw;
  }
}

}  // namespace

std::atomic<bool>& forked_child() noexcept {
  static constinit std::atomic<bool> yes{false};
  return yes;
}

std::atomic<world*>& live_world() noexcept { return live; }
std::atomic<std::int64_t>& outside_call::count() noexcept { return outside_calls; }

world::world(const settings& s, bool reports, class bubble* b)
    : set(s), reports_deadlock(reports), bubble(b),
      procs(std::make_unique<std::atomic<p*>[]>(s.maxprocs + most_extra)),
      stacks(s.stack_size, sizeof(g)), io(std::make_unique<io_pool::pool>(*this)) {}

world::~world() {
  io->drop_queued();
  // Where a goroutine came back too late, its timers are still set.
  for (std::uint32_t i = 0; i < proc_count.load(std::memory_order_acquire); ++i)
    if (p* const pr = proc(i)) pr->timers.clear();
  outside_timers.clear();
  for (single* s = singles; s != nullptr;) {
    single* const next = s->next;
    std::byte* const low = s->self->stack.low;
    delete s->self->special;
    fiber::end_fiber(s->self->fib);
    fiber::unmap_single_stack(low, s->stack_size);
    delete s;
    s = next;
  }
  if constexpr (base::tsan)
    stacks.for_each([](std::byte* header) {
      g* const self = reinterpret_cast<g*>(header);
      if (self->state.load(std::memory_order_relaxed) != g_state::free) fiber::end_fiber(self->fib);
    });
  for (f* c = carriers; c != nullptr;) {
    f* const next = c->next_all;
    delete c;
    c = next;
  }
  for (std::uint32_t i = 0; i < set.maxprocs + most_extra; ++i)
    delete procs[i].load(std::memory_order_relaxed);
}

std::size_t world::goroutines() const noexcept {
  // Ends are counted before starts are: a goroutine that ends in between is not counted twice.
  std::uint64_t ended = ended_outside.load(std::memory_order_acquire);
  std::uint64_t started = 0;
  const std::uint32_t n = proc_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < n; ++i)
    if (const p* pr = proc(i)) ended += pr->ended.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < n; ++i)
    if (const p* pr = proc(i)) started += pr->started.load(std::memory_order_acquire);
  started += started_outside.load(std::memory_order_acquire);
  return started > ended ? static_cast<std::size_t>(started - ended) : 0;
}

std::int64_t world::earliest_timer() const noexcept {
  std::int64_t least = outside_timers.earliest();
  const std::uint32_t n = proc_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < n; ++i)
    if (const p* pr = proc(i)) {
      const std::int64_t e = pr->timers.earliest();
      if (e < least) least = e;
    }
  return least;
}

bool world::work_visible() const noexcept {
  if (global.size() != 0) return true;
  const std::uint32_t n = proc_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < n; ++i)
    if (const p* pr = proc(i))
      if (!pr->queue.empty() || pr->next_aged.load(std::memory_order_acquire)) return true;
  return false;
}

void run_in_bubble(bubble& b, options o, std::uint64_t seed, int (*main)(void*), void* arg) {
  o.maxprocs = 1;
  world& w = *make_world(o, false, &b, seed);
  detail::bubble_alive.store(true, std::memory_order_relaxed);
  const auto end = [&] {
    end_world(w);
    detail::bubble_alive.store(false, std::memory_order_relaxed);
  };
  try {
    start_main(w, main, arg);
    start_world(w);
  } catch (...) {
    end();
    throw;
  }
  w.main_done.wait();
  base::tsan_acquire(&b);  // pairs with tsan_leaves_bubble
  const std::exception_ptr error = std::exchange(w.main_error, nullptr);
  end();
  if (error) std::rethrow_exception(error);
}

}  // namespace offset::inline v0::sched

namespace offset::inline v0 {

using namespace sched;

namespace detail {

int run_main(const options& o, int (*main)(void*), void* arg) {
  world& w = *make_world(o, true);
  try {
    start_main(w, main, arg);
    start_world(w);
  } catch (...) {
    end_world(w);
    throw;
  }
  wait_for_main(w);
  const int status = w.main_status;
  const std::exception_ptr error = std::exchange(w.main_error, nullptr);
  end_world(w);
  if (error) std::rethrow_exception(error);
  return status;
}

}  // namespace detail

runtime::runtime() : runtime(options{}) {}

runtime::runtime(const options& o) {
  world& w = *make_world(o, false);
  try {
    start_world(w);
  } catch (...) {
    end_world(w);
    throw;
  }
  alive_ = true;
}

runtime::~runtime() {
  if (!alive_) return;
  if (world* const w = live.load(std::memory_order_acquire); w != nullptr) end_world(*w);
}

bool runtime::shutdown_until(std::int64_t deadline_ns) {
  if (!alive_) throw std::logic_error("offset: runtime: shut down already");
  world& w = *live.load(std::memory_order_acquire);
  w.draining.store(true, std::memory_order_seq_cst);
  bool drained = false;
  for (;;) {
    const std::uint32_t seen = w.ended_signal.load(std::memory_order_acquire);
    if (w.goroutines() == 0) {
      drained = true;
      break;
    }
    if (!base::futex_wait_until(w.ended_signal, seen, deadline_ns)) {
      drained = w.goroutines() == 0;
      break;
    }
  }
  alive_ = false;
  end_world(w, !drained);
  return drained;
}

}  // namespace offset::inline v0
