#include "sched/sleep.h"

#include "base/clock.h"
#include "sched/bubble.h"
#include "sched/sched.h"
#include "timer/heap.h"

namespace offset::inline v0::sched {
namespace {

struct sleep_timer : timers::node {
  sleeper who = 0;
  timers::heap* in = nullptr;
};

std::int64_t wake_up(timers::node& self, std::int64_t, timers::fired& into) noexcept {
  into.wake[into.wakes++] = static_cast<sleep_timer&>(self).who;
  return base::never;
}

void commit_sleep(fiber::carrier*, void* arg) {
  auto& t = *static_cast<sleep_timer*>(arg);
  timers::heap& h = *t.in;
  const std::int64_t when = t.when;
  h.add_reserved(t, when);
  timer_added(h, when);  // the goroutine may be running again already
}

bool undo_sleep(void* arg) noexcept {
  return timers::heap::remove(*static_cast<sleep_timer*>(arg));
}
constexpr abandon_actions when_abandoned{undo_sleep, nullptr};

}  // namespace

void sleep_until(std::int64_t deadline, wait_reason reason) {
  if (deadline <= now_ns()) return;
  parker here;
  here.check();
  if (!here.is_goroutine()) {
    while (here.thread_wait_until(deadline)) {
    }
    return;
  }
  if (deadline == base::never) park_forever(reason);
  sleep_timer t;
  t.who = here.who();
  t.in = caller_timers();
  t.when = deadline;
  t.fire = wake_up;
  t.in->reserve();
  here.park(commit_sleep, &t, reason, {&when_abandoned, &t});
}

}  // namespace offset::inline v0::sched
