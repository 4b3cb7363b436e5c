#include "offset/detail/gate.hpp"

#include "context/node.h"
#include "group/ready_list.h"
#include "sched/bubble.h"
#include "sync/room.h"

namespace offset::inline v0::detail {
namespace {

sched::wait_reason reason_of(gate_kind k) noexcept {
  return k == gate_kind::task ? sched::wait_reason::task : sched::wait_reason::completion;
}

op_status wait_for(wait_room& room, const bool& open, sched::parker& here, gate_kind kind,
                   const context* ctx) {
  room_waiter w;
  w.who = here.who();
  sync::cancelable limit(ctx, room, w, nullptr, nullptr);
  if (!limit.start()) return op_status::canceled;
  sync::lock(room);
  if (open || w.cancel_came) {
    const bool was_open = open;
    sync::unlock(room);
    return was_open ? op_status::ok : op_status::canceled;
  }
  sync::push_back(room, w);
  sync::wait_in(room, w, here, reason_of(kind));
  limit.finish();
  return limit.canceled() ? op_status::canceled : op_status::ok;
}

}  // namespace

void gate::open() noexcept {
  sched::schedule_point();
  grouping::ready_list woken;
  sync::lock(room_);
  open_ = true;
  woken.grant_all(room_);
  sync::unlock(room_);
  woken.wake();
}

bool gate::is_open() const noexcept {
  sched::schedule_point();
  sync::lock(room_);
  const bool is = open_;
  sync::unlock(room_);
  return is;
}

void gate::wait() const {
  if (is_open()) return;
  sched::parker here;
  here.check();
  wait_for(room_, open_, here, kind_, nullptr);
}

op_status gate::wait(const context& ctx) const {
  detail_context::checked(ctx);
  if (ctx.err()) return op_status::canceled;
  if (is_open()) return op_status::ok;
  sched::parker here;
  here.check();
  return wait_for(room_, open_, here, kind_, &ctx);
}

void gate::wait_at_end() const noexcept {
  if (is_open()) return;
  sched::parker here;
  wait_for(room_, open_, here, kind_, nullptr);
}

}  // namespace offset::inline v0::detail
