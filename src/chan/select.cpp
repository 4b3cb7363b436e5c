// Select.
//
// Three steps. 1: look at all cases without a lock, and try those that look ready, in random order,
// locking their channel; the first that is, is performed. 2: lock all channels, in the order of
// their addresses, and look once more: now the answer holds for all of them at one instant. A
// select with a default ends here. 3: queue a waiter on each channel, leave the stack, and unlock;
// whoever comes to complete one of the cases has to win the select's claim first. The winner's case
// is performed by the other side; the losers' waiters are taken out of every queue before select
// returns.
//
// The commit unlocks the channels in the order in which they were locked. As soon as the first is
// unlocked the select may be won, resumed, and on its way out; it cannot get past the channels that
// are still locked, because it locks each channel to take its waiters out (all but the winner's,
// which is unlocked if somebody could win through it). So the commit may read the list of channels
// up to the last, and must touch nothing after it has unlocked that.
//
// A time-out is one more competitor for the claim. Its timer is set before the locks are taken, so
// it may fire before the stack has been left: it then claims the select while that is still
// `preparing`, and the commit, which finds it so, makes the goroutine ready itself.
#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "base/planted.h"
#include "chan/core.h"
#include "chan/timed_wait.h"
#include "offset/detail/select_core.hpp"
#include "offset/go.hpp"
#include "sched/bubble.h"
#include "sched/local.h"
#include "sched/sched.h"
#include "sched/sleep.h"
#include "timer/heap.h"

namespace offset::inline v0::chan_impl {
namespace {

using detail::case_desc;
using detail::select_result;
using detail::select_slot;
using detail::sleeper;
using kind = detail::select_result::kind;

struct wait_timer : timers::node {
  claim_word* claim = nullptr;
  sleeper who = 0;
};

std::int64_t time_came(timers::node& self, std::int64_t, timers::fired& into) noexcept {
  auto& t = static_cast<wait_timer&>(self);
  for (;;) {
    const std::uint32_t state = t.claim->load();
    if (base::planted(base::plant::ready_twice) && state != claim_word::preparing) {
      into.wake[into.wakes++] = t.who;
      return base::never;
    }
    if (state == claim_word::open) {
      if (!t.claim->win(claim_word::by_time)) continue;
      into.wake[into.wakes++] = t.who;
    } else if (state == claim_word::preparing) {
      if (!t.claim->win(claim_word::by_time, claim_word::preparing)) continue;
    }
    return base::never;
  }
}

class selecting {
 public:
  selecting(const case_desc* cases, select_slot* slots, std::size_t n) noexcept
      : cases_(cases), slots_(slots), n_(n) {}

  // Steps 1 and 2. True when the select has ended, with `out`.
  bool try_one_by_one(select_result& out);
  bool try_at_one_instant(select_result& out) noexcept;  // leaves all channels locked when false
  // Step 3. The channels are locked.
  select_result wait(std::int64_t deadline);
  void unlock_all() noexcept;

  void sort() noexcept;
  void shuffle_duplicates() noexcept;
  bool waits_for_outside() const noexcept {
    for (std::size_t i = 0; i < n_; ++i)
      if (cases_[i].core != nullptr && waits_outside(*cases_[i].core)) return true;
    return false;
  }
  bool any_unprepared() const noexcept {
    for (std::size_t i = 0; i < n_; ++i)
      if (cases_[i].unprepared && cases_[i].core != nullptr) return true;
    return false;
  }
  // Sets the timer of a goroutine's wait; channels must not be locked.
  void set_timer(std::int64_t deadline);
  void drop_timer() noexcept {
    if (timed_) timers::heap::remove(timer_);
  }

  sched::parker here;

 private:
  // Tries the cases that look ready, each as likely as the others to be first.
  template <class Ready, class Try>
  bool try_in_random_order(Ready looks_ready, Try try_case);
  bool look(std::size_t i, select_result& out, rest& left) noexcept;
  void finish(std::size_t i, const select_result& r, const rest& left) noexcept;
  void withdraw_all(std::size_t winner) noexcept;
  // The case that was performed; n_ for none.
  std::size_t winner() const noexcept {
    const std::uint32_t by = claim_.load();
    return by >= claim_word::by_case ? by - claim_word::by_case : n_;
  }
  static void commit(fiber::carrier*, void* arg);
  static bool undo(void* arg) noexcept;
  static void settle(void* arg) noexcept;
  static const sched::abandon_actions when_abandoned;

  const case_desc* const cases_;
  select_slot* const slots_;
  const std::size_t n_;
  claim_word claim_{claim_word::open};
  wait_timer timer_;
  bool timed_ = false;
};

template <class Ready, class Try>
bool selecting::try_in_random_order(Ready looks_ready, Try try_case) {
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < n_; ++i)
    if (cases_[i].core != nullptr && looks_ready(cases_[i])) slots_[n++].ready = i;
  while (n > 0) {
    const std::uint32_t at = n == 1 ? 0 : sched::caller_random().below(n);
    const std::uint32_t i = slots_[at].ready;
    slots_[at].ready = slots_[--n].ready;
    if (try_case(i)) return true;
  }
  return false;
}

void selecting::sort() noexcept {
  const auto before = [this](std::uint32_t a, std::uint32_t b) {
    return std::less<>()(cases_[a].core, cases_[b].core);
  };
  for (std::uint32_t i = 0; i < n_; ++i) slots_[i].in_lock_order = i;
  if (n_ <= 12) {
    for (std::size_t i = 1; i < n_; ++i) {
      const std::uint32_t x = slots_[i].in_lock_order;
      std::size_t at = i;
      for (; at > 0 && before(x, slots_[at - 1].in_lock_order); --at)
        slots_[at].in_lock_order = slots_[at - 1].in_lock_order;
      slots_[at].in_lock_order = x;
    }
    return;
  }
  // Heap sort in place: no memory, O(n log n) always.
  const auto key = [this](std::size_t i) -> std::uint32_t& { return slots_[i].in_lock_order; };
  const auto sift = [&](std::size_t root, std::size_t end) {
    for (;;) {
      std::size_t child = root * 2 + 1;
      if (child >= end) return;
      if (child + 1 < end && before(key(child), key(child + 1))) ++child;
      if (!before(key(root), key(child))) return;
      std::swap(key(root), key(child));
      root = child;
    }
  };
  for (std::size_t i = n_ / 2; i-- > 0;) sift(i, n_);
  for (std::size_t end = n_; end-- > 1;) {
    std::swap(key(0), key(end));
    sift(0, end);
  }
}

// Cases of one channel are queued in random order, so that each is as likely to be served.
void selecting::shuffle_duplicates() noexcept {
  const auto core = [this](std::size_t k) { return cases_[slots_[k].in_lock_order].core; };
  std::size_t begin = 0;  // of those of one channel
  for (std::size_t k = 1; k < n_; ++k) {
    if (core(k) != core(begin)) {
      begin = k;
      continue;
    }
    const auto others = static_cast<std::uint32_t>(k - begin + 1);
    const std::size_t at = begin + sched::caller_random().below(others);
    std::swap(slots_[k].in_lock_order, slots_[at].in_lock_order);
  }
}

// One case, its channel being locked. True when it decides the select.
bool selecting::look(std::size_t i, select_result& out, rest& left) noexcept {
  const case_desc& c = cases_[i];
  if (c.is_send && c.unprepared) {
    const chan_word::value flags = true_flags_of(*c.core);
    if ((flags & chan_word::sendable) == 0) return false;
    // Ready, or nearly: a stale waiter may make it look so, which the next round finds out.
    out = {(flags & chan_word::closed) != 0 ? kind::closed_send : kind::prepare, false, i};
    return true;
  }
  const outcome now =
      c.is_send ? try_send_locked(*c.core, c.elem, left) : try_recv_locked(*c.core, c.elem, left);
  if (now == outcome::must_wait) return false;
  if (now == outcome::done)
    out = {kind::performed, true, i};
  else
    out = {c.is_send ? kind::closed_send : kind::performed, false, i};
  return true;
}

void selecting::finish(std::size_t i, const select_result& r, const rest& left) noexcept {
  if (r.what != kind::performed || !r.ok) return;
  const case_desc& c = cases_[i];
  if (c.is_send)
    finish_send(*c.core, c.elem, left);
  else
    finish_recv(*c.core, c.elem, left);
}

bool selecting::try_one_by_one(select_result& out) {
  return try_in_random_order(
      [](const case_desc& c) noexcept {
        const chan_word::value ready = c.is_send ? chan_word::sendable : chan_word::receivable;
        return (c.core->word.load() & (ready | chan_word::locked)) != 0;
      },
      [&](std::uint32_t i) {
        chan_core& c = *cases_[i].core;
        check_border(c, "select");  // a bubble's channel always looks ready
        c.word.lock();
        rest left;
        const bool decided = look(i, out, left);
        unlock(c);
        if (decided) finish(i, out, left);
        return decided;
      });
}

bool selecting::try_at_one_instant(select_result& out) noexcept {
  chan_core* last = nullptr;
  for (std::size_t k = 0; k < n_; ++k) {
    chan_core* const c = cases_[slots_[k].in_lock_order].core;
    if (c == nullptr || c == last) continue;
    c->word.lock();
    last = c;
  }
  return try_in_random_order(
      [](const case_desc& c) noexcept {
        const chan_word::value ready = c.is_send ? chan_word::sendable : chan_word::receivable;
        return (true_flags_of(*c.core) & ready) != 0;
      },
      [&](std::uint32_t i) noexcept {
        rest left;
        if (!look(i, out, left)) return false;
        unlock_all();
        finish(i, out, left);
        return true;
      });
}

void selecting::unlock_all() noexcept {
  chan_core* last = nullptr;
  for (std::size_t k = 0; k < n_; ++k) {
    chan_core* const c = cases_[slots_[k].in_lock_order].core;
    if (c == nullptr || c == last) continue;
    if (last != nullptr) unlock(*last);
    last = c;
  }
  if (last != nullptr) unlock(*last);
}

void selecting::set_timer(std::int64_t deadline) {
  if (!here.is_goroutine()) return;
  claim_.reset(claim_word::preparing);
  timer_.claim = &claim_;
  timer_.who = here.who();
  timer_.fire = time_came;
  timers::heap& h = *sched::caller_timers();
  h.add(timer_, deadline);
  sched::timer_added(h, deadline);
  timed_ = true;
}

void selecting::commit(fiber::carrier*, void* arg) {
  auto& s = *static_cast<selecting*>(arg);
  if (s.timed_ && !s.claim_.win(claim_word::open, claim_word::preparing)) {
    // The time came already: nobody else will wake it.
    const sleeper who = s.here.who();
    s.unlock_all();
    sched::ready(who);
    return;
  }
  s.unlock_all();
}

bool selecting::undo(void* arg) noexcept {
  auto& s = *static_cast<selecting*>(arg);
  if (!s.claim_.win(claim_word::by_time)) return false;
  settle(arg);
  return true;
}

void selecting::settle(void* arg) noexcept {
  auto& s = *static_cast<selecting*>(arg);
  s.drop_timer();
  s.withdraw_all(s.winner());
}

constexpr sched::abandon_actions selecting::when_abandoned{undo, settle};

// Takes the waiters out of every queue; the winner's is out already.
void selecting::withdraw_all(std::size_t winner) noexcept {
  if (base::planted(base::plant::loser_stays_queued)) return;
  for (std::size_t k = 0; k < n_; ++k) {
    const std::size_t i = slots_[k].in_lock_order;
    if (i != winner && cases_[i].core != nullptr) withdraw(slots_[i].wait);
  }
}

select_result selecting::wait(std::int64_t deadline) {
  shuffle_duplicates();
  for (std::size_t k = 0; k < n_; ++k) {
    const std::size_t i = slots_[k].in_lock_order;
    const case_desc& c = cases_[i];
    if (c.core == nullptr) continue;
    waiter& w = *::new (&slots_[i].wait) waiter;
    w.core = c.core;
    w.elem = c.elem;
    w.who = here.who();
    w.claim = &claim_;
    w.index = static_cast<std::uint32_t>(i);
    w.is_send = c.is_send;
    push(c.is_send ? c.core->senders : c.core->receivers, w);
  }
  if (here.is_goroutine() || deadline == base::never) {
    const bool single = n_ == 1 && timed_;
    here.park(commit, this,
              single ? (cases_[0].is_send ? sched::wait_reason::chan_send
                                          : sched::wait_reason::chan_receive)
                     : sched::wait_reason::select,
              {&when_abandoned, this});
  } else {
    unlock_all();
    if (!here.thread_wait_until(deadline) && !claim_.win(claim_word::by_time)) here.thread_wait();
  }
  drop_timer();
  const std::size_t won = winner();
  withdraw_all(won);
  if (won == n_) return {kind::not_ready, false, 0};
  const bool ok = slots_[won].wait.completed;
  if (!ok && cases_[won].is_send) return {kind::closed_send, false, won};
  return {kind::performed, ok, won};
}

constexpr std::size_t many = 4;  // cases that cost more to wait for than to give way

select_result run(const case_desc* cases, select_slot* slots, std::size_t n, std::int64_t wait_ns,
                  std::int64_t deadline) {
  selecting s(cases, slots, n);
  select_result out{kind::not_ready, false, 0};
  if (s.try_one_by_one(out)) return out;
  const bool polling = wait_ns <= 0;
  if (polling && detail::select_surely_not_ready(cases, n)) return out;
  if (!polling) {
    if (n >= many && sched::few_are_next()) {
      // Just made ready by the caller, as likely as not: it may bring what is waited for, and spare
      // the queueing on every channel.
      yield();
      if (s.try_one_by_one(out)) return out;
    }
    s.here.check();
    if (n == 0 && deadline == base::never) sched::park_forever(sched::wait_reason::select_no_cases);
    if (s.any_unprepared()) return {kind::prepare_all, false, 0};
    if (deadline != base::never) s.set_timer(deadline);
  }
  s.sort();
  if (s.try_at_one_instant(out)) {
    s.drop_timer();
    return out;
  }
  if (polling) {
    s.unlock_all();
    return out;
  }
  if (detail::bubble_alive.load(std::memory_order_relaxed) && s.waits_for_outside()) [[unlikely]] {
    s.unlock_all();
    s.drop_timer();
    throw_waits_outside("select");
  }
  return s.wait(deadline);
}

}  // namespace

op_status timed_operation(chan_core& c, void* elem, bool sending, std::int64_t deadline) {
  const case_desc one{&c, elem, sending, false};
  select_slot slot;
  const std::int64_t wait_ns = deadline > sched::now_ns() ? 1 : 0;  // only whether it may wait
  const select_result r = run(&one, &slot, 1, wait_ns, deadline);
  switch (r.what) {
    case kind::performed: return r.ok ? op_status::ok : op_status::closed;
    case kind::closed_send: return op_status::closed;
    default: return op_status::timeout;
  }
}

}  // namespace offset::inline v0::chan_impl

namespace offset::inline v0::detail {

select_result select_run(const case_desc* cases, select_slot* slots, std::size_t n,
                         std::int64_t wait_ns) {
  std::int64_t deadline = base::never;
  if (wait_ns > 0 && wait_ns != forever) deadline = base::saturating_add(sched::soon_ns(), wait_ns);
  return chan_impl::run(cases, slots, n, wait_ns, deadline);
}

}  // namespace offset::inline v0::detail
