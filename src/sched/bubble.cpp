#include "sched/bubble.h"

#include <algorithm>

#include "offset/detail/deadline.hpp"
#include "sched/f.h"
#include "sched/g.h"
#include "sched/sched.h"
#include "sched/world.h"

namespace offset::inline v0::sched {

OFFSET_NO_TSAN bubble* caller_bubble() noexcept {
  f* const me = current_f();
  return me != nullptr ? me->home->bubble : nullptr;
}

OFFSET_NO_TSAN std::uint32_t bubble_number_slow() noexcept {
  const bubble* const mine = caller_bubble();
  return mine != nullptr ? mine->number : 0;
}

OFFSET_NO_TSAN std::int64_t now_ns_slow() noexcept {
  const bubble* const mine = caller_bubble();
  return mine != nullptr ? mine->now.load(std::memory_order_relaxed) : base::now_ns();
}

OFFSET_NO_TSAN std::int64_t soon_ns() noexcept {
  constexpr std::uint64_t long_ago = 2'000;  // coarse ticks; one is no longer than a nanosecond
  f* const me = current_f();
  if (me == nullptr || me->proc == nullptr || me->home->bubble != nullptr) return now_ns();
  p& pr = *me->proc;
  const std::uint64_t ticks = base::coarse_ticks();
  std::uint64_t passed = ticks - pr.clock_read;
  if (passed > long_ago) {
    pr.clock_read = ticks;
    pr.clock_ns = base::now_ns();
    passed = 0;
  }
  pr.soon_ns = std::max(pr.soon_ns, pr.clock_ns + static_cast<std::int64_t>(passed));
  return pr.soon_ns;
}

OFFSET_NO_TSAN void schedule_point_slow() noexcept {
  f* const me = current_f();
  if (me == nullptr || me->current == nullptr) return;
  bubble* const mine = me->home->bubble;
  if (mine != nullptr && mine->gives_way(*me->current)) give_way();
}

}  // namespace offset::inline v0::sched

namespace offset::inline v0 {

constinit std::atomic<bool> detail::bubble_alive{false};

std::int64_t detail::steady_now() noexcept { return sched::now_ns(); }

}  // namespace offset::inline v0
