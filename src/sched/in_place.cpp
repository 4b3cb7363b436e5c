#include "sched/in_place.h"

#include "base/clock.h"
#include "base/sanitizer.h"
#include "sched/local.h"

namespace offset::inline v0::sched {
namespace {

constexpr std::uint32_t most_in_a_row = 16;

struct call {
  void (*f)(void*);
  void* arg;
  g* of;
};

// On the carrier's own stack, the goroutine's having been left.
OFFSET_NO_TSAN void commit_call(fiber::carrier* on, void* at) {
  const call c = *static_cast<call*>(at);
  f& me = f_of(*on);
  p& pr = *me.proc;
  pr.count_tick();
  pr.in_place.store(true, std::memory_order_relaxed);
  set_current_f(nullptr);
  const std::uint64_t began = base::coarse_ticks();
  c.f(c.arg);
  pr.sites.took(c.f, base::coarse_ticks() - began, true);
  set_current_f(&me);
  pr.in_place.store(false, std::memory_order_relaxed);
  base::tsan_release(c.of);  // pairs with run_in_place
  c.of->state.store(g_state::runnable, std::memory_order_relaxed);
  // A call that outlasts the world must not go on in it: what is queued is left to the loop, which
  // ends.
  if (++pr.in_place_streak % most_in_a_row != 0 &&
      !me.home->stopping.load(std::memory_order_acquire))
    me.resume = c.of;
  else
    push_tail(pr, task(c.of));
}

}  // namespace

OFFSET_NO_TSAN bool run_in_place(void (*f)(void*), void* arg) noexcept {
  sched::f& me = *current_f();
  const world& w = *me.home;
  if (me.proc == nullptr || w.bubble != nullptr || w.active() > w.set.maxprocs ||
      !me.proc->sites.is_short(f))
    return false;
  g& self = *me.current;
  call c{f, arg, &self};
  self.hook = {};
  self.reason.store(wait_reason::blocking, std::memory_order_relaxed);
  self.state.store(g_state::waiting, std::memory_order_release);
  me.current = nullptr;
  fiber::switch_to(me.switcher, self.fib, me.switcher.own, commit_call, &c);
  base::tsan_acquire(&self);
  return true;
}

OFFSET_NO_TSAN void call_took(void (*f)(void*), std::uint64_t ticks) noexcept {
  if (sched::f* const me = current_f(); me->proc != nullptr) me->proc->sites.took(f, ticks, false);
}

}  // namespace offset::inline v0::sched
