#include "testing/world.h"

#include <atomic>
#include <utility>

#include "blocking/pool.h"
#include "offset/error.hpp"
#include "sched/deadlock.h"
#include "sched/f.h"
#include "sched/g.h"
#include "sched/p.h"
#include "sched/world.h"
#include "timer/heap.h"

namespace offset::inline v0::testing {
namespace {

std::uint32_t next_number() noexcept {
  static constinit std::atomic<std::uint32_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::uint64_t number_of(sched::task t) noexcept {
  constexpr std::uint64_t id_mask = (std::uint64_t{1} << 56) - 1;  // the top byte is sched's
  return t.is_seed() ? t.as_seed()->id & id_mask : t.as_g()->id;
}

}  // namespace

bubble_world::bubble_world(const options& o, std::uint64_t seed)
    : bubble(next_number()), seed_(seed), last_words_(detail_testing::rerun_line(o, seed)),
      order_(make_order(o, seed)) {}

void bubble_world::collect(sched::f& me) {
  sched::p& pr = *me.proc;
  sched::world& w = *me.home;
  const auto add = [&](sched::task t) {
    ready_.push_back(t);
    numbers_.push_back(number_of(t));
  };
  // The queue is what was there before the next slot's.
  if (pr.unstarted != nullptr) add(sched::task(std::exchange(pr.unstarted, nullptr)));
  sched::task_chain from_elsewhere = w.global.pop(~std::size_t{0}, 1);
  while (const sched::task t = from_elsewhere.pop()) add(t);
  while (const sched::task t = pr.queue.pop()) add(t);
  if (const sched::task t = pr.exchange_next({})) add(t);
}

sched::task bubble_world::choose() {
  const std::size_t at = order_->choose(numbers_);
  const sched::task t = ready_[at];
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(at));
  numbers_.erase(numbers_.begin() + static_cast<std::ptrdiff_t>(at));
  return t;
}

void bubble_world::fire(sched::f& me) {
  sched::world& w = *me.home;
  for (timers::heap* h : {&me.proc->timers, &w.outside_timers})
    for (;;) {
      timers::fired batch;
      if (!h->fire_any(now.load(std::memory_order_relaxed), batch, me.proc->random)) break;
      for (std::uint32_t i = 0; i < batch.wakes; ++i) sched::ready(batch.wake[i]);
      for (std::uint32_t i = 0; i < batch.starts; ++i) batch.start[i].f(batch.start[i].arg);
    }
}

// Until something comes from a thread outside, or a blocking call has ended.
void bubble_world::sleep(sched::f& me) noexcept {
  sched::world& w = *me.home;
  me.note.clear();
  w.idle.sleep(me);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  // The pool looks for a sleeper after it has counted a call as ended (pool::hand_back).
  const bool stays =
      w.global.size() == 0 && w.io->in_flight() != 0 && !w.stopping.load(std::memory_order_acquire);
  if (stays || !w.idle.wake_self(me)) me.note.wait();
  if (std::exchange(me.searching, false)) w.idle.end_search();
}

void bubble_world::end(sched::f& me) {
  sched::world& w = *me.home;
  const bool main_ended = main_returned || w.main_exited.load(std::memory_order_acquire);
  if (w.main_error == nullptr && w.goroutines() != 0) {
    verdict_ = main_ended
                   ? "deadlock: main bubble goroutine has exited but blocked goroutines remain\n\n"
                   : "deadlock: all goroutines in bubble are blocked\n\n";
    sched::append_goroutines(verdict_, w, &me.switcher);
  }
  base::tsan_release(this);
  w.main_done.wake();
}

sched::task bubble_world::find_work(sched::f& me) noexcept {
  const base::tsan_unseen guard;
  sched::world& w = *me.home;
  me.proc->attention.store(true, std::memory_order_relaxed);
  for (;;) {
    if (w.stopping.load(std::memory_order_acquire)) return {};
    const bool main_ended = main_returned || w.main_exited.load(std::memory_order_acquire);
    if (main_ended && w.main_error != nullptr) {
      end(me);
      return {};
    }
    fire(me);
    // A call is counted until after its goroutine has been queued: none under way, then nobody
    // queued means that nobody will be.
    const bool calls = w.io->in_flight() != 0;
    collect(me);
    if (!ready_.empty()) return choose();
    if (calls) {
      sleep(me);
      continue;
    }
    if (waits_for_idle_ != 0) {
      sched::ready(std::exchange(waits_for_idle_, 0));
      continue;
    }
    const std::int64_t next = w.earliest_timer();
    if (main_ended || next == base::never) {
      end(me);
      return {};
    }
    now.store(next, std::memory_order_relaxed);
  }
}

bool bubble_world::gives_way(const sched::g& self) noexcept {
  const base::tsan_unseen guard;
  const sched::p& pr = *sched::current_f()->proc;
  const bool others =
      !ready_.empty() || pr.has_next() || !pr.queue.empty() || self.home->global.size() != 0;
  return others && order_->gives_way(self.id);
}

void bubble_world::yielded(const sched::g& self) noexcept {
  const base::tsan_unseen guard;
  order_->yielded(self.id);
}

void bubble_world::wait_idle() {
  sched::parker here;
  here.check();
  {
    const base::tsan_unseen guard;
    if (waits_for_idle_ != 0) throw panic_error("wait already in progress");
    waits_for_idle_ = here.who();
  }
  here.park([](fiber::carrier*, void*) {}, nullptr, sched::wait_reason::wait_idle, {});
  base::tsan_acquire(this);  // pairs with tsan_leaves_bubble
}

}  // namespace offset::inline v0::testing
