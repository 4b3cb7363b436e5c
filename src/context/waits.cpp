// Waiting with a context: the operations of channels, and sleeping. A context that can be done
// makes of each a select with one case more.
#include "chan/timed_wait.h"
#include "context/node.h"
#include "offset/detail/select_core.hpp"
#include "offset/time/sleep.hpp"

namespace offset::inline v0::detail {
namespace {

template <bool sending>
op_status operate(chan_core* core, void* elem, const context& ctx) {
  canceler* const c = detail_context::checked(ctx).nearest;
  if (ctx.err()) return op_status::canceled;
  const auto plain = [&](std::int64_t deadline) {
    return sending ? chan_send(core, elem, deadline) : chan_recv(core, elem, deadline);
  };
  if (c == nullptr) return plain(forever);
  if (const op_status now = plain(poll); now != op_status::would_block) return now;
  const recv_chan<void> held = ctx.done();
  const case_desc cases[] = {{core, elem, sending, false}, {&c->done.core, nullptr, false, false}};
  select_slot slots[2];
  const select_result r = select_run(cases, slots, 2, forever);
  if (r.what == select_result::kind::closed_send) return op_status::closed;
  if (r.index == 1) return op_status::canceled;
  return r.ok ? op_status::ok : op_status::closed;
}

}  // namespace

op_status run_unless_done(const context& ctx, void (*f)(void*), void* arg) {
  detail_context::checked(ctx);
  if (ctx.err()) return op_status::canceled;
  f(arg);
  return op_status::ok;
}

op_status chan_send(chan_core* core, void* value, const context& ctx) {
  return operate<true>(core, value, ctx);
}

op_status chan_recv(chan_core* core, void* out, const context& ctx) {
  return operate<false>(core, out, ctx);
}

}  // namespace offset::inline v0::detail

namespace offset::inline v0::time::detail_time {

op_status sleep_until_ns(const context& ctx, std::int64_t deadline) {
  detail::canceler* const c = detail_context::checked(ctx).nearest;
  if (ctx.err()) return op_status::canceled;
  if (c == nullptr) {
    sleep_until_ns(deadline);
    return op_status::ok;
  }
  if (deadline <= detail::steady_now()) return op_status::ok;
  const recv_chan<void> held = ctx.done();
  const op_status s = chan_impl::timed_operation(c->done.core, nullptr, false, deadline);
  return s == op_status::timeout ? op_status::ok : op_status::canceled;
}

}  // namespace offset::inline v0::time::detail_time
