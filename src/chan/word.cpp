// The contended side of the channel's word.
#include "offset/detail/chan_word.hpp"

#include "base/asymmetric_fence.h"
#include "base/clock.h"
#include "base/futex.h"
#include "base/spin_lock.h"
#include "sched/sched.h"

namespace offset::inline v0::detail {

chan_word::value chan_word::lock_slow() noexcept {
  const std::uint64_t since = base::coarse_ticks();
  value seen = 0;
  const auto try_now = [&] {
    seen = word_.load(std::memory_order_relaxed);
    return (seen & locked) == 0 && try_lock(seen);
  };
  base::backoff wait;
  while (wait.spin())
    if (try_now()) {
      sched::lock_was_taken(base::coarse_ticks() - since);
      return seen;
    }
  count_contender(&word_);
  const bool fenced = base::asymmetric_fence_heavy();
  while (!try_now()) {
    if ((seen & locked) == 0) continue;
    // The futex is the low half, which holds the lock bit and changes with every version.
    const auto low = static_cast<std::uint32_t>(seen);
    if (fenced)
      base::futex_wait_raw(&word_, low);
    else
      base::futex_wait_until_raw(&word_, low, base::now_ns() + 1'000'000);
  }
  uncount_contender(&word_);
  sched::lock_was_taken(base::coarse_ticks() - since);
  return seen;
}

}  // namespace offset::inline v0::detail
