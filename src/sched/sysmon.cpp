#include "sched/sysmon.h"

#include <algorithm>
#include <signal.h>
#include <system_error>
#include <vector>

#include "base/clock.h"
#include "base/futex.h"
#include "blocking/pool.h"
#include "sched/local.h"
#include "sched/loop.h"
#include "sched/step_back.h"

namespace offset::inline v0::sched {
namespace {

constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t shortest = 100 * us;
constexpr std::int64_t longest = 10 * ms;           // all carriers busy
constexpr std::int64_t longest_with_idle = 1 * ms;  // a next slot may wait for an idle carrier
constexpr unsigned quiet_rounds = 10;               // before the pace is halved
constexpr std::int64_t stuck_after = 10 * ms;
constexpr std::int64_t stuck_in_place_after = shortest;
constexpr std::int64_t quick_dispatch = 2 * us;
constexpr std::int64_t linger = 50 * ms;  // idle time before it sleeps
constexpr std::int64_t trim_every = 1'000 * ms;
constexpr std::uint32_t keep_stacks = 64;
constexpr std::int64_t pool_check_every = 100 * ms;

struct seen {
  std::uint32_t ticks = 0;
  std::int64_t since = 0;
};

class monitor {
 public:
  explicit monitor(world& w) noexcept : w_(w) {}

  void run() noexcept {
    std::int64_t period = shortest;
    unsigned quiet = 0;
    std::int64_t idle_since = 0;
    std::int64_t trimmed = base::now_ns();
    std::int64_t pool_checked = 0;
    bool trim_owed = true;
    for (;;) {
      if (!sleep_until(base::now_ns() + period)) return;
      const std::int64_t now = base::now_ns();
      if (now - trimmed >= trim_every) {
        w_.stacks.trim(keep_stacks);
        trimmed = now;
        trim_owed = !all_idle();
      }
      if (w_.io->stalled_maybe() && now - pool_checked >= pool_check_every) {
        w_.io->check_stall(w_);
        pool_checked = now;
      }
      if (all_idle()) {
        if (idle_since == 0) idle_since = now;
        if (now - idle_since < linger) {
          period = longest;
          continue;
        }
        if (w_.suspicion.exchange(false, std::memory_order_acq_rel)) {
          // The carrier that is woken finds nothing and looks for a deadlock again.
          if (f* const sleeper_f = w_.idle.take(false)) sleeper_f->note.wake();
          continue;
        }
        if (w_.io->stalled_maybe()) {
          period = pool_check_every;
          continue;
        }
        if (trim_owed) {
          // Twice: the first look only begins the time in which stacks were not needed.
          if (!sleep_deep(now + trim_every)) return;
          w_.stacks.trim(keep_stacks);
          trimmed = base::now_ns();
          if (all_idle()) {
            w_.stacks.trim(keep_stacks);
            trim_owed = false;
          }
        } else if (!sleep_deep(base::never)) {
          return;
        }
        idle_since = 0;
        period = shortest;
        quiet = 0;
        for (seen& s : seen_) s.since = base::now_ns();
        if (!all_idle()) trim_owed = true;
        continue;
      }
      idle_since = 0;
      trim_owed = true;
      const bool acted = look(now);
      const std::int64_t most = w_.idle.sleeping() > 0 ? longest_with_idle : longest;
      if (acted) {
        period = shortest;
        quiet = 0;
      } else if (++quiet >= quiet_rounds) {
        period = std::min(period * 2, most);
        quiet = 0;
      }
      period = std::min(period, most);
    }
  }

 private:
  bool all_idle() const noexcept {
    return w_.idle.sleeping() == w_.active() && w_.idle.nobody_searches();
  }

  // False when it is to stop.
  bool sleep_until(std::int64_t deadline) noexcept {
    while (w_.sysmon_asleep.load(std::memory_order_acquire) != sysmon_stops)
      if (!base::futex_wait_until(w_.sysmon_asleep, sysmon_awake, deadline)) return true;
    return false;
  }

  // Until a carrier wakes up, too. The flag is up before the carriers are looked at again, and a
  // carrier that wakes looks at the flag after it has counted itself awake.
  bool sleep_deep(std::int64_t deadline) noexcept {
    std::uint32_t awake = sysmon_awake;
    if (!w_.sysmon_asleep.compare_exchange_strong(awake, sysmon_sleeps, std::memory_order_seq_cst))
      return false;
    while (all_idle() && w_.sysmon_asleep.load(std::memory_order_seq_cst) == sysmon_sleeps) {
      if (deadline == base::never)
        base::futex_wait(w_.sysmon_asleep, sysmon_sleeps);
      else if (!base::futex_wait_until(w_.sysmon_asleep, sysmon_sleeps, deadline))
        break;
    }
    std::uint32_t asleep = sysmon_sleeps;
    w_.sysmon_asleep.compare_exchange_strong(asleep, sysmon_awake, std::memory_order_seq_cst);
    return w_.sysmon_asleep.load(std::memory_order_seq_cst) != sysmon_stops;
  }

  // One look at every P. True when there was something to do.
  bool look(std::int64_t now) noexcept {
    const std::uint32_t n = w_.proc_count.load(std::memory_order_acquire);
    if (seen_.size() < n) {
      try {
        seen_.resize(n);
      } catch (...) {
        return false;
      }
    }
    std::uint32_t stuck = 0;
    std::uint32_t running = 0;
    bool aged = false;
    bool quick = true;
    const bool free_carrier = w_.idle.sleeping() > 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      p* const pr = w_.proc(i);
      if (pr == nullptr) continue;
      const std::uint32_t ticks = pr->ticks.load(std::memory_order_relaxed);
      seen& s = seen_[i];
      if (pr->idle.load(std::memory_order_relaxed) || ticks != s.ticks || s.since == 0) {
        if (!pr->idle.load(std::memory_order_relaxed)) {
          ++running;
          if (now - s.since > (ticks - s.ticks) * quick_dispatch) quick = false;
        }
        s.ticks = ticks;
        s.since = now;
        continue;
      }
      ++running;
      quick = false;
      const bool is_stuck =
          now - s.since >=
          (pr->in_place.load(std::memory_order_relaxed) ? stuck_in_place_after : stuck_after);
      if (is_stuck) {
        ++stuck;
        give_away_from(*pr);
      }
      // The same goroutine since the last look, and another waits behind it in the next slot.
      if ((free_carrier || is_stuck) && pr->has_next() && now - s.since >= shortest) {
        pr->next_aged.store(true, std::memory_order_release);
        aged = true;
      }
    }
    const bool overdue = w_.earliest_timer() < now - shortest;
    // Carriers that are awake may be looking at the clock too seldom for goroutines that became
    // slow.
    if (overdue)
      for (std::uint32_t i = 0; i < n; ++i)
        if (p* const pr = w_.proc(i)) pr->attention.store(true, std::memory_order_relaxed);
    const bool held = held_back(w_, now, quick);
    if (!held) try_again();
    const bool work = aged || overdue || (!held && w_.work_visible());
    bool acted = false;
    if (work && w_.idle.nobody_searches()) {
      if (f* const sleeper_f = w_.idle.take(false)) {
        sleeper_f->note.wake();
        acted = true;
      } else if (n < w_.set.maxprocs || stuck > 0) {
        // A timer that a busy carrier is about to see needs no carrier of its own.
        if (n < w_.set.maxprocs || running - stuck < w_.set.maxprocs)
          acted = add_carrier(w_, false);
      }
    }
    const std::uint32_t wanted = w_.set.maxprocs + stuck;
    const std::uint32_t active = w_.active();
    w_.excess.store(active > wanted ? active - wanted : 0, std::memory_order_release);
    return acted;
  }

  // What waits behind a goroutine that keeps its carrier goes where all carriers look, those with
  // work of their own too. While it is in nobody's queue, `starting` keeps a deadlock from being
  // told.
  void give_away_from(p& pr) noexcept {
    if (pr.queue.empty() && !pr.has_next()) return;
    std::uint32_t none = 0;
    if (!w_.starting.compare_exchange_strong(none, 1, std::memory_order_seq_cst)) return;
    pr.end_alone();
    task_chain rest;
    while (const task t = pr.queue.take()) rest.push(t);
    if (const task t = rescue_next(pr)) rest.push(t);
    if (rest.first) w_.global.push_front(rest);
    w_.starting.store(0, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // then look() sees who searches
  }

  // A carrier that stepped back is about to be woken. When that was so at the last look already,
  // and none has stepped back again, the time for it is over.
  void try_again() noexcept {
    const std::int64_t last = w_.stepped_back_at.load(std::memory_order_relaxed);
    if (tried_ == last) w_.stepped_back.store(false, std::memory_order_relaxed);
    tried_ = last;
  }

  world& w_;
  std::vector<seen> seen_;
  std::int64_t tried_ = 0;  // world::stepped_back_at of the step back after which it did
};

}  // namespace

void start_sysmon(world& w) {
  sigset_t all;
  sigset_t old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  const int error = pthread_create(
      &w.sysmon_thread, nullptr,
      [](void* arg) -> void* {
        monitor(*static_cast<world*>(arg)).run();
        return nullptr;
      },
      &w);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  if (error != 0)
    throw std::system_error(error, std::generic_category(), "offset: cannot create a thread");
  w.sysmon_started = true;
}

void stop_sysmon(world& w) noexcept {
  if (!w.sysmon_started) return;
  w.sysmon_asleep.store(sysmon_stops, std::memory_order_seq_cst);
  base::futex_wake(w.sysmon_asleep);
  pthread_join(w.sysmon_thread, nullptr);
  w.sysmon_started = false;
}

void wake_sysmon_slow(world& w) noexcept {
  std::uint32_t asleep = sysmon_sleeps;
  if (w.sysmon_asleep.compare_exchange_strong(asleep, sysmon_awake, std::memory_order_seq_cst))
    base::futex_wake(w.sysmon_asleep);
}

}  // namespace offset::inline v0::sched
