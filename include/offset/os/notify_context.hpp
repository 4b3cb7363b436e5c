/// \file
/// os::notify_context: a context that a signal cancels. Go's signal.NotifyContext.
#pragma once

#include <concepts>
#include <span>

#include <offset/chan.hpp>
#include <offset/config.hpp>
#include <offset/context.hpp>
#include <offset/os/signal.hpp>

namespace offset::inline v0::os {

struct context_with_stop;

/// Cancels the context it was made with, and stops catching its signals. Copyable, may be called
/// any number of times, from anywhere. A default-constructed one does nothing.
class stop_func {
 public:
  stop_func() noexcept = default;
  OFFSET_API void operator()() const;

 private:
  friend context_with_stop notify_context(const context& parent, std::span<const signal> which);
  cancel_func cancel_;
  send_chan<signal> c_;
};

/// `auto [ctx, stop] = os::notify_context(context::background(), SIGINT, SIGTERM);`
struct context_with_stop {
  context ctx;
  stop_func stop;
};

/// A copy of `parent` that is done as well when one of the signals comes (an empty list: any), or
/// `stop` is called. Signals that come later do nothing, until `stop` gives them back what they did
/// before: call it when the work is over. Needs a runtime that is alive: a goroutine waits for the
/// signal.
OFFSET_API context_with_stop notify_context(const context& parent, std::span<const signal> which);
template <std::convertible_to<signal>... S>
context_with_stop notify_context(const context& parent, S... which) {
  const signal list[sizeof...(S) + 1] = {signal(which)...};
  return notify_context(parent, std::span<const signal>(list, sizeof...(S)));
}

}  // namespace offset::inline v0::os
