/// \file
/// time::ticker and tick: something that happens again and again. Go's time.Ticker.
#pragma once

#include <chrono>

#include <offset/chan.hpp>
#include <offset/config.hpp>
#include <offset/time/timer.hpp>

namespace offset::inline v0::time {

/// Sends the time every `d`. A receiver that is slow misses ticks: one at most waits for it.
/// Movable; the destructor stops it; stopping does not close the channel. A period that is not
/// positive throws panic_error "non-positive interval for NewTicker".
class ticker {
 public:
  ticker() noexcept = default;
  template <class Rep, class Period>
  explicit ticker(std::chrono::duration<Rep, Period> d)
      : state_(detail_time::make_ticker(detail::to_ns(d))) {}

  recv_chan<time_point> c() const noexcept {
    return detail::access::adopt<recv_chan<time_point>>(detail_time::channel(state_.get()));
  }
  /// No tick is received after it returned. Nothing for a default-constructed one.
  void stop() {
    if (state_.get() != nullptr) detail_time::stop(state_.get(), "");
  }
  /// Begins anew with period `d`. Throws panic_error "non-positive interval for Ticker.Reset".
  template <class Rep, class Period>
  void reset(std::chrono::duration<Rep, Period> d) {
    detail_time::reset(state_.get(), detail::to_ns(d),
                       "time: Reset called on uninitialized Ticker");
  }

 private:
  detail_time::ticking_handle state_;
};

/// The channel of a ticker that stops with its last handle; nil when `d` is not positive. Go:
/// time.Tick.
template <class Rep, class Period>
recv_chan<time_point> tick(std::chrono::duration<Rep, Period> d) {
  if (d <= d.zero()) return {};
  return detail::access::adopt<recv_chan<time_point>>(
      detail_time::release_to_channel(detail_time::make_ticker(detail::to_ns(d))));
}

}  // namespace offset::inline v0::time
