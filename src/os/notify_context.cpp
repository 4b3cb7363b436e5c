#include "offset/os/notify_context.hpp"

#include <string>

#include "context/node.h"
#include "offset/go.hpp"
#include "offset/select.hpp"

namespace offset::inline v0::os {

void stop_func::operator()() const {
  cancel_();
  os::stop(c_);
}

context_with_stop notify_context(const context& parent, std::span<const signal> which) {
  std::string name = "signal.NotifyContext(" + to_string(parent);
  for (const signal& s : which) name += (&s == which.data() ? ", [" : " ") + to_string(s);
  name += which.empty() ? ")" : "])";

  const context_with_cancel made = context::with_cancel(parent);
  const auto c = make_chan<signal>(1);
  context_with_stop result;
  result.ctx = detail_context::rename(made.ctx, std::move(name));
  result.stop.cancel_ = made.cancel;
  result.stop.c_ = c;
  notify(c, which);
  if (made.ctx.err()) return result;
  try {
    go([c, made] {
      if (select(c.if_recv(), made.ctx.if_done()) == 0) made.cancel();
    });
  } catch (...) {
    os::stop(c);
    throw;
  }
  return result;
}

}  // namespace offset::inline v0::os
