/// \file
/// time::timer, after and after_func: something that happens once, later. Go's time.Timer, with the
/// meaning of Go 1.23: once stop or reset has returned, no tick of before is ever received; the
/// channel has no buffer to see (len and cap are 0).
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <offset/chan.hpp>
#include <offset/config.hpp>
#include <offset/detail/deadline.hpp>
#include <offset/time/sleep.hpp>

namespace offset::inline v0::time {

namespace detail_time {

struct ticking;  // src/time/ticking.h

/// The function of an after_func; the library calls run in a goroutine of its own.
struct task_base {
  virtual ~task_base() = default;
  virtual void run() = 0;
};

/// Owns a reference to a ticking.
class ticking_handle {
 public:
  ticking_handle() noexcept = default;
  explicit ticking_handle(ticking* t) noexcept : of_(t) {}
  ticking_handle(ticking_handle&& o) noexcept : of_(std::exchange(o.of_, nullptr)) {}
  ticking_handle& operator=(ticking_handle&& o) noexcept {
    if (this != &o) {
      drop();
      of_ = std::exchange(o.of_, nullptr);
    }
    return *this;
  }
  ~ticking_handle() { drop(); }
  ticking* get() const noexcept { return of_; }

 private:
  void drop() noexcept {
    if (of_ != nullptr) stop_and_release(of_);
  }
  OFFSET_API static void stop_and_release(ticking* t) noexcept;
  ticking* of_ = nullptr;
};

OFFSET_API ticking* make_timer(std::int64_t ns);
OFFSET_API ticking* make_ticker(std::int64_t ns);
/// Takes the task over.
OFFSET_API ticking* make_task(std::int64_t ns, task_base* task);
OFFSET_API bool stop(ticking* t, const char* uninitialized);
OFFSET_API bool reset(ticking* t, std::int64_t ns, const char* uninitialized);
OFFSET_API detail::core_handle channel(ticking* t) noexcept;
/// The channel as the only owner: it stops when the last handle goes.
OFFSET_API detail::core_handle release_to_channel(ticking* t) noexcept;

}  // namespace detail_time

/// Sends the time of its expiry once, to whoever receives from c(). Movable; the destructor stops
/// it. Thread-safe but for moving and destroying. Throws std::logic_error when no runtime is alive.
/// A goroutine that sets it to a time that has come finds it fired, without having to wait.
class timer {
 public:
  /// Not set: stop and reset panic.
  timer() noexcept = default;
  template <class Rep, class Period>
  explicit timer(std::chrono::duration<Rep, Period> d)
      : state_(detail_time::make_timer(detail::to_ns(d))) {}

  /// The channel; nil for one made by after_func.
  recv_chan<time_point> c() const noexcept {
    return detail::access::adopt<recv_chan<time_point>>(detail_time::channel(state_.get()));
  }
  /// Keeps it from firing: true when it was set, or had fired with nobody having received. Does not
  /// wait for an after_func's function that has begun. O(log n) for n timers.
  bool stop() {
    return detail_time::stop(state_.get(), "time: Stop called on uninitialized Timer");
  }
  /// Sets it anew, stopping it first: true when it was set, as stop().
  template <class Rep, class Period>
  bool reset(std::chrono::duration<Rep, Period> d) {
    return detail_time::reset(state_.get(), detail::to_ns(d),
                              "time: Reset called on uninitialized Timer");
  }

 private:
  template <class Rep, class Period, class F>
  friend timer after_func(std::chrono::duration<Rep, Period> d, F&& f);
  explicit timer(detail_time::ticking* t) noexcept : state_(t) {}
  detail_time::ticking_handle state_;
};

/// A channel on which the time is received once `d` has passed. It lives as long as a handle of it,
/// and stops with the last. Go: time.After.
template <class Rep, class Period>
recv_chan<time_point> after(std::chrono::duration<Rep, Period> d) {
  return detail::access::adopt<recv_chan<time_point>>(
      detail_time::release_to_channel(detail_time::make_timer(detail::to_ns(d))));
}

/// Calls `f` in a goroutine of its own once `d` has passed; reset makes it do so again. Unlike in
/// Go the timer must be kept: its destructor stops it. Go: time.AfterFunc.
template <class Rep, class Period, class F>
timer after_func(std::chrono::duration<Rep, Period> d, F&& f) {
  struct task final : detail_time::task_base {
    explicit task(F&& g) : f(std::forward<F>(g)) {}
    void run() override { f(); }
    std::decay_t<F> f;
  };
  return timer(detail_time::make_task(detail::to_ns(d), new task(std::forward<F>(f))));
}

}  // namespace offset::inline v0::time
