#include "offset/sync/semaphore.hpp"

#include <stdexcept>
#include <string>

#include "offset/context.hpp"
#include "offset/error.hpp"
#include "sched/bubble.h"
#include "sync/room.h"

namespace offset::inline v0::sync {

semaphore::semaphore(std::int64_t n) : size_(n) {
  if (n < 0)
    throw std::invalid_argument("offset: semaphore: " + std::to_string(n) + " units; not negative");
}

void semaphore::acquire(std::int64_t n) { static_cast<void>(acquire_until(nullptr, n)); }

op_status semaphore::acquire(const context& ctx, std::int64_t n) {
  return ctx.err() ? op_status::canceled : acquire_until(&ctx, n);
}

op_status semaphore::acquire_until(const context* ctx, std::int64_t n) {
  if (n < 0)
    throw std::invalid_argument("offset: semaphore: acquire of " + std::to_string(n) + " units");
  sched::parker here;
  here.check();
  if (n > size_) {
    // More than there will ever be: without holding up the others.
    if (ctx == nullptr) sched::park_forever(sched::wait_reason::semacquire);
    static_cast<void>(ctx->done().recv());
    return op_status::canceled;
  }
  room_waiter w;
  w.who = here.who();
  w.amount = n;
  w.owner = this;
  w.pass_on = [](room_waiter& dead) noexcept {
    static_cast<semaphore*>(dead.owner)->release(dead.amount);
  };
  // Smaller requests may have waited for this one alone.
  const auto let_others_in = [](room_waiter& gone) noexcept {
    static_cast<semaphore*>(gone.owner)->release(0);
  };
  cancelable limit(ctx, room_, w, nullptr, let_others_in);
  if (!limit.start()) return op_status::canceled;
  sync::lock(room_);
  const bool fits = size_ - taken_ >= n && room_.first == nullptr;
  if (fits || w.cancel_came) {
    if (fits) taken_ += n;
    sync::unlock(room_);
    return fits ? op_status::ok : op_status::canceled;
  }
  push_back(room_, w);
  wait_in(room_, w, here, sched::wait_reason::semacquire);
  limit.finish();
  return limit.canceled() ? op_status::canceled : op_status::ok;
}

bool semaphore::try_acquire(std::int64_t n) noexcept {
  sched::schedule_point();
  sync::lock(room_);
  const bool ok = n >= 0 && size_ - taken_ >= n && room_.first == nullptr;
  if (ok) taken_ += n;
  sync::unlock(room_);
  return ok;
}

void semaphore::release(std::int64_t n) {
  sched::schedule_point();
  sync::lock(room_);
  if (n < 0 || n > taken_) {
    sync::unlock(room_);
    throw panic_error("semaphore: released more than held");
  }
  taken_ -= n;
  // In order: the first whose request does not fit holds up the rest.
  room_waiter* go = nullptr;
  room_waiter* tail = nullptr;
  while (room_.first != nullptr && size_ - taken_ >= room_.first->amount) {
    room_waiter* const w = take_first(room_);
    taken_ += w->amount;
    w->next = nullptr;
    (tail != nullptr ? tail->next : go) = w;
    tail = w;
  }
  sync::unlock(room_);
  while (go != nullptr) {
    room_waiter* const next = go->next;
    sched::ready(go->who);
    go = next;
  }
}

}  // namespace offset::inline v0::sync
