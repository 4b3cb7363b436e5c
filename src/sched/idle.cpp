#include "sched/idle.h"

#include "sched/f.h"
#include "sched/world.h"

namespace offset::inline v0::sched {
namespace {
constexpr std::uint32_t one_searching = 1U << 16;
constexpr std::uint32_t one_sleeping = 1;
}  // namespace

bool idle_set::begin_search(std::uint32_t procs) noexcept {
  std::uint32_t w = word_.load(std::memory_order_seq_cst);
  do {
    // At most half as many search as there are Ps, and always at least one may.
    const std::uint32_t now = w >> 16;
    if (now > 0 && 2 * now >= procs) return false;
  } while (!word_.compare_exchange_weak(w, w + one_searching, std::memory_order_seq_cst));
  return true;
}

bool idle_set::end_search() noexcept {
  return word_.fetch_sub(one_searching, std::memory_order_seq_cst) >> 16 == 1;
}

void idle_set::sleep(f& me) noexcept {
  lock_.lock();
  put_to_sleep(me);
  lock_.unlock();
}

void idle_set::put_to_sleep(f& me) noexcept {
  me.next_idle = first_;
  first_ = &me;
  me.listed = true;
  word_.fetch_add(one_sleeping - (me.searching ? one_searching : 0), std::memory_order_seq_cst);
  me.searching = false;
}

bool idle_set::sleep_unless_last(f& me, const world& w) noexcept {
  lock_.lock();
  const bool others = sleeping() + 1 < w.active();
  if (others) put_to_sleep(me);
  lock_.unlock();
  return others;
}

bool idle_set::wake_self(f& me) noexcept {
  lock_.lock();
  const bool mine = me.listed;
  if (mine) {
    f** at = &first_;
    while (*at != &me) at = &(*at)->next_idle;
    *at = me.next_idle;
    me.listed = false;
    me.searching = true;
    word_.fetch_add(one_searching - one_sleeping, std::memory_order_seq_cst);
    drop_keeper(me);
  }
  lock_.unlock();
  return mine;
}

f* idle_set::take(bool even_if_searched) noexcept {
  lock_.lock();
  f* const taken = !even_if_searched && searching() > 0 ? nullptr : first_;
  if (taken != nullptr) {
    first_ = taken->next_idle;
    taken->listed = false;
    taken->searching = true;
    word_.fetch_add(one_searching - one_sleeping, std::memory_order_seq_cst);
    drop_keeper(*taken);
  }
  lock_.unlock();
  return taken;
}

bool idle_set::keep_time(f& me, std::int64_t until) noexcept {
  lock_.lock();
  const bool mine = me.listed && until < keeper_until_.load(std::memory_order_relaxed);
  if (mine) {
    keeper_ = &me;
    keeper_until_.store(until, std::memory_order_seq_cst);
  }
  lock_.unlock();
  return mine;
}

void idle_set::drop_keeper(f& me) noexcept {
  if (keeper_ != &me) return;
  keeper_ = nullptr;
  keeper_until_.store(base::never, std::memory_order_seq_cst);
}

}  // namespace offset::inline v0::sched
