#include "base/spin_lock.h"

#include <cstdio>
#include <cstdlib>
#include <sched.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/futex.h"
#include "base/sanitizer.h"

namespace offset::inline v0::base {
namespace {

constexpr unsigned spin_rounds = 7;  // 1 + 2 + … + 64 pauses: about the length of a few operations
constexpr unsigned yield_rounds = 4;  // then the owner may be waiting for this very CPU

}  // namespace

bool backoff::spin() noexcept {
  const unsigned round = round_++;
  if (round < spin_rounds && cpu_count() > 1) {
    for (unsigned i = 0; i < 1U << round; ++i) cpu_pause();
    return true;
  }
  if (round < spin_rounds + yield_rounds) {
    sched_yield();
    return true;
  }
  return false;
}

void lock_word_slow(std::atomic<std::uint32_t>& state) noexcept {
  backoff wait;
  const auto try_now = [&state] {
    std::uint32_t free = 0;
    return state.load(std::memory_order_relaxed) == 0 &&
           state.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  };
  while (wait.spin())
    if (try_now()) return;
  detail::count_contender(&state);
  const bool fenced = asymmetric_fence_heavy();
  while (!try_now()) {
    if (fenced)
      futex_wait(state, 1);
    else
      futex_wait_until(state, 1, now_ns() + 1'000'000);
  }
  detail::uncount_contender(&state);
}

#ifndef NDEBUG
namespace {
thread_local std::uint8_t held[5];
}
OFFSET_NO_TSAN void spin_lock::check_rank_lock() noexcept {
  for (int r = 0; r < static_cast<int>(rank_); ++r)
    if (held[r] != 0) {
      std::fprintf(stderr, "offset: lock of rank %d taken while holding one of rank %d\n",
                   static_cast<int>(rank_), r);
      std::abort();
    }
  ++held[static_cast<int>(rank_)];
}
OFFSET_NO_TSAN void spin_lock::check_rank_unlock() noexcept { --held[static_cast<int>(rank_)]; }
#endif

}  // namespace offset::inline v0::base

namespace offset::inline v0::detail {

constinit std::atomic<std::uint32_t> contender_table[contender_slots]{};
constinit std::atomic<std::uint32_t> contenders_in_all{0};

void wake_contender(const void* lock) noexcept { base::futex_wake_raw(lock, 1); }

}  // namespace offset::inline v0::detail
