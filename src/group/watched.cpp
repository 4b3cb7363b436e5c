#include "group/watched.h"

#include "context/node.h"

namespace offset::inline v0::grouping {

watched::watched(detail::wait_room& r, const sched::parker& here, const context* ctx)
    : at_(&r), ctx_(ctx) {
  who = here.who();
  if (ctx == nullptr) return;
  hook_.of = this;
  hook_.who = who;
  hook_.fire = fire;
  canceled_ = !sched::cancel_watch(*ctx, hook_);
}

watched::~watched() {
  if (ctx_ != nullptr) sched::cancel_unwatch(*ctx_, hook_);
}

sched::cancel_action watched::fire(sched::cancel_hook& h) noexcept {
  watched& w = *static_cast<hook&>(h).of;
  // Acquire: pairs with forget_waiters.
  detail::wait_room* const r = w.at_.load(std::memory_order_acquire);
  if (r == nullptr) return sched::cancel_action::nothing;
  sync::lock(*r);
  const bool mine = w.queued;
  if (mine) sync::unlink(*r, w);
  if (!w.granted) w.canceled_ = true;
  sync::unlock(*r);
  return mine ? sched::cancel_action::wake : sched::cancel_action::nothing;
}

bool watched::wait(sched::parker& here, sched::wait_reason reason) noexcept {
  detail::wait_room& r = *room;
  here.park([](fiber::carrier*, void* arg) { sync::unlock(*static_cast<detail::wait_room*>(arg)); },
            &r, reason,
            {[](void* arg) noexcept {
               auto& w = *static_cast<watched*>(arg);
               const auto of_room = sync::hook_of(w);
               if (!of_room.undo(of_room.arg)) return false;
               if (w.ctx_ != nullptr) sched::cancel_unwatch(*w.ctx_, w.hook_);
               return true;
             },
             [](void* arg) noexcept {
               auto& w = *static_cast<watched*>(arg);
               if (w.ctx_ != nullptr) sched::cancel_unwatch(*w.ctx_, w.hook_);
               const auto of_room = sync::hook_of(w);
               of_room.settle(of_room.arg);
             },
             this});
  // Whoever took it out has decided; nothing of the room is touched unless it is known to live.
  sync::runs_again(r, *this);
  return granted;
}

void forget_waiters(detail::wait_room& r) noexcept {
  if (r.first == nullptr && r.handed == nullptr) return;
  sync::lock(r);
  for (detail::room_waiter* w = r.first; w != nullptr; w = w->next)
    static_cast<watched*>(w)->at_.store(nullptr, std::memory_order_release);
  for (detail::room_waiter* w = r.handed; w != nullptr; w = w->next_handed)
    static_cast<watched*>(w)->at_.store(nullptr, std::memory_order_release);
  sync::unlock(r);
}

}  // namespace offset::inline v0::grouping
