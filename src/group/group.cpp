// group: places, failures, and the end.
//
// A place is taken before a goroutine is started and given back when it has ended, or handed to the
// first that waits for one: `active_` does not change then, so a group with somebody waiting for a
// place never looks ended. Whoever gives the last place back touches nothing of the group after it
// has released the lock of `entering_`, under which everybody looks whether the group has ended: it
// may be destroyed then. Failures are recorded, and the context is cancelled, before the place is
// given back.
#include "offset/group.hpp"

#include <exception>
#include <string>
#include <utility>

#include "base/planted.h"
#include "context/node.h"
#include "group/ready_list.h"
#include "group/untaken.h"
#include "sched/bubble.h"
#include "sched/goexit.h"
#include "sched/panic.h"
#include "sched/throw_site.h"
#include "sync/room.h"

namespace offset::inline v0 {

namespace detail {

// In the order in which they came. Only the group's destructor frees one.
struct group_failure {
  sched::failure what;
  bool only_reports = false;
  group_failure* next = nullptr;
};

}  // namespace detail

using detail::group_failure;
using detail::room_waiter;

namespace {

constexpr const char* name = "an offset::group";

group_failure* keep(sched::failure&& f) noexcept {
  group_failure* const kept = new (std::nothrow) group_failure;
  if (kept == nullptr) {
    grouping::untaken(f, name, true);
    return nullptr;
  }
  kept->what = std::move(f);
  return kept;
}

}  // namespace

group::group(const context& parent) : unwinding_(std::uncaught_exceptions()) {
  auto [ctx, cancel] = context::with_cancel_cause(parent);
  ctx_ = std::move(ctx);
  cancel_ = std::move(cancel);
}

group::~group() {
  cancel();
  wait_until_idle(nullptr, true);
  const bool unwinding = grouping::is_unwinding(unwinding_);
  std::size_t at = 0;
  for (group_failure* f = first_; f != nullptr; ++at) {
    if (at >= taken_ && !f->only_reports) grouping::untaken(f->what, name, unwinding);
    delete std::exchange(f, f->next);
  }
}

// --- places

op_status group::enter(const context* waiting) {
  if (waiting != nullptr) {
    detail_context::checked(*waiting);
    if (waiting->err()) return op_status::canceled;
  }
  if (try_enter()) return op_status::ok;
  sched::parker here;
  here.check();
  room_waiter w;
  w.who = here.who();
  w.owner = this;
  w.pass_on = [](room_waiter& dead) noexcept {
    if (dead.granted) static_cast<group*>(dead.owner)->leave();
  };
  sync::cancelable until(waiting, entering_, w, nullptr, nullptr);
  if (!until.start()) return op_status::canceled;
  sync::lock(entering_);
  if (w.cancel_came) {
    sync::unlock(entering_);
    return op_status::canceled;
  }
  if ((limit_ < 0 || active_ < limit_) && entering_.first == nullptr) {
    ++active_;
    sync::unlock(entering_);
    return op_status::ok;
  }
  sync::push_back(entering_, w);
  sync::wait_in(entering_, w, here, sched::wait_reason::semacquire);
  until.finish();
  return until.canceled() ? op_status::canceled : op_status::ok;
}

bool group::try_enter() noexcept {
  sched::schedule_point();
  sync::lock(entering_);
  const bool free = (limit_ < 0 || active_ < limit_) && entering_.first == nullptr;
  if (free) ++active_;
  sync::unlock(entering_);
  return free;
}

void group::leave() noexcept {
  grouping::ready_list woken;
  sync::lock(entering_);
  if (room_waiter* const next = sync::take_first(entering_)) {
    woken.grant(*next);
  } else if (--active_ == 0) {
    sync::lock(waiting_);
    woken.grant_all(waiting_);
    sync::unlock(waiting_);
  }
  sync::unlock(entering_);
  woken.wake();
}

void group::limit(std::int64_t n) {
  grouping::ready_list woken;
  sync::lock(entering_);
  const std::int64_t active = active_;
  if (active == 0) {
    limit_ = n;
    // Those that waited where nothing might start.
    while (entering_.first != nullptr && (n < 0 || active_ < n)) {
      woken.grant(*sync::take_first(entering_));
      ++active_;
    }
  }
  sync::unlock(entering_);
  woken.wake();
  if (active != 0)
    throw panic_error("errgroup: modify limit while " + std::to_string(active) +
                      " goroutines in the group are still active");
}

// --- one goroutine

void group::run(void* call, std::error_code (*function)(void* call, const context& ctx)) {
  struct at_end {
    group* of;
    ~at_end() { of->leave(); }
  } const guard{this};
  // Its own: the group may go as soon as the place is given back.
  group_failure* failure = nullptr;
  try {
    if (const std::error_code error = function(call, ctx_))
      failure = keep(sched::failure_here(std::make_exception_ptr(std::system_error(error))));
  } catch (const sched::goexit_signal&) {
    throw;
  } catch (const sched::throw_site_probe&) {
    // Never: it only looks at where the exception was thrown, before anything is unwound.
  } catch (...) {
    failure = keep(sched::failure_here());
  }
  if (failure != nullptr) failed(failure);
}

void group::failed(group_failure* f) noexcept {
  f->only_reports = grouping::only_reports(ctx_, f->what.error);
  sync::lock(entering_);
  const bool first = first_ == nullptr;
  if (!first && base::planted(base::plant::lost_group_error)) {
    sync::unlock(entering_);
    delete f;
    return;
  }
  (first ? first_ : last_->next) = f;
  last_ = f;
  ++count_;
  sync::unlock(entering_);
  if (first) cancel_(f->what.error);
}

std::vector<std::exception_ptr> group::failures() const {
  detail::wait_room& room = const_cast<group*>(this)->entering_;
  sync::lock(room);
  const group_failure* f = first_;
  const std::size_t count = count_;
  sync::unlock(room);
  std::vector<std::exception_ptr> others;
  if (count < 2) return others;
  others.reserve(count - 1);
  // What is linked stays as it is, and the link of all but the last is written.
  for (std::size_t i = 1; i < count; ++i) {
    f = f->next;
    others.push_back(f->what.error);
  }
  return others;
}

// --- the end

bool group::wait_until_idle(const context* waiting, bool at_end) {
  sched::schedule_point();
  sync::lock(entering_);
  const bool idle = active_ == 0;
  sync::unlock(entering_);
  if (idle) return true;
  sched::parker here;
  if (!at_end) here.check();
  room_waiter w;
  w.who = here.who();
  sync::cancelable until(waiting, waiting_, w, nullptr, nullptr);
  if (!until.start()) return false;
  sync::lock(entering_);
  if (active_ == 0) {
    sync::unlock(entering_);
    return true;
  }
  sync::lock(waiting_);
  if (w.cancel_came) {
    sync::unlock(waiting_);
    sync::unlock(entering_);
    return false;
  }
  sync::push_back(waiting_, w);
  sync::unlock(entering_);
  sync::wait_in(waiting_, w, here, sched::wait_reason::wait_group_wait);
  until.finish();
  return !until.canceled();
}

void group::throw_first() {
  cancel();
  sync::lock(entering_);
  const group_failure* const first = first_;
  taken_ = count_;
  sync::unlock(entering_);
  if (first != nullptr) std::rethrow_exception(first->what.error);
}

void group::wait() {
  wait_until_idle(nullptr, false);
  throw_first();
}

op_status group::wait(const context& waiting) {
  detail_context::checked(waiting);
  if (waiting.err() || !wait_until_idle(&waiting, false)) return op_status::canceled;
  throw_first();
  return op_status::ok;
}

}  // namespace offset::inline v0
