/// \file
/// rate::limiter: how often something may happen. golang.org/x/time/rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include <offset/config.hpp>
#include <offset/error.hpp>
#include <offset/sync/mutex.hpp>
#include <offset/time/sleep.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::rate {

/// Events per second. Zero allows none, once the burst is used up.
using limit = double;

/// No limit: every event is allowed, whatever the burst.
inline constexpr limit inf = std::numeric_limits<limit>::infinity();

/// One event every `d`; inf when `d` is not positive.
template <class Rep, class Period>
constexpr limit every(std::chrono::duration<Rep, Period> d) noexcept {
  return d <= d.zero() ? inf : 1 / std::chrono::duration<limit>(d).count();
}

/// Why wait gave up without waiting; what() is Go's text.
class OFFSET_API wait_error : public std::runtime_error {
 public:
  explicit wait_error(const std::string& what) : std::runtime_error(what) {}
  wait_error(const wait_error&) = default;
  wait_error& operator=(const wait_error&) = default;
  ~wait_error() override;
};

/// The delay of what will never be.
inline constexpr time::clock::duration forever = time::clock::duration::max();

class limiter;

/// Events that a limiter allows at some time. The limiter must outlive it, and counts on them to
/// happen unless it is cancelled.
class reservation {
 public:
  /// False: the limiter can never allow that many at once; then the delays are `forever` and cancel
  /// does nothing.
  bool ok() const noexcept { return ok_; }
  /// How long to wait before acting; zero: act now.
  time::clock::duration delay() const { return delay_from(time::clock::now()); }
  /// The same at the time `t`.
  OFFSET_API time::clock::duration delay_from(time::time_point t) const noexcept;
  /// Gives back what it took, as far as later reservations do not stand on it; nothing when it is
  /// too late.
  void cancel() const { cancel_at(time::clock::now()); }
  /// The same at the time `t`.
  OFFSET_API void cancel_at(time::time_point t) const;

 private:
  friend class limiter;
  bool ok_ = false;
  limiter* of_ = nullptr;
  std::int64_t tokens_ = 0;
  time::time_point act_at_{};
  rate::limit limit_ = 0;  // of then
};

/// A token bucket: it holds `burst` tokens, begins full, and is filled up at the rate of the limit;
/// an event takes a token. Thread-safe. The functions without a time take that of now; with one,
/// times that go backwards count as no time.
class limiter {
 public:
  limiter(rate::limit l, std::int64_t burst) noexcept
      : limit_(l), burst_(burst), tokens_(static_cast<double>(burst)) {}
  limiter(const limiter&) = delete;
  limiter& operator=(const limiter&) = delete;

  /// Whether an event, or `n`, may happen now: takes the tokens, or none. Go: Allow, AllowN.
  bool allow() { return allow_n(time::clock::now(), 1); }
  bool allow_n(time::time_point t, std::int64_t n) {
    return reserve_n(t, n, time::clock::duration::zero()).ok();
  }

  /// Takes tokens that may be there only later: says how long to wait; not ok, and nothing taken,
  /// when that is longer than `most_delay`. Go: Reserve, ReserveN.
  rate::reservation reserve() { return reserve_n(time::clock::now(), 1); }
  OFFSET_API rate::reservation reserve_n(time::time_point t, std::int64_t n,
                                         time::clock::duration most_delay = forever);

  /// Waits until `n` events may happen. Throws wait_error "rate: Wait(n=N) exceeds limiter's burst
  /// B". Go: Wait, WaitN.
  OFFSET_API void wait(std::int64_t n = 1);
  /// The same until `ctx` is done at most: ok, or canceled, when nothing was taken. Does not begin
  /// to wait for what comes after the deadline of `ctx`: throws wait_error "rate: Wait(n=N) would
  /// exceed context deadline".
  OFFSET_API op_status wait(const context& ctx, std::int64_t n = 1);

  /// What is set applies to what is reserved from then on.
  void set_limit(rate::limit l) { set_limit_at(time::clock::now(), l); }
  OFFSET_API void set_limit_at(time::time_point t, rate::limit l);
  void set_burst(std::int64_t n) { set_burst_at(time::clock::now(), n); }
  OFFSET_API void set_burst_at(time::time_point t, std::int64_t n);

  OFFSET_API rate::limit limit() const;
  /// The most tokens that it can hold.
  OFFSET_API std::int64_t burst() const;
  /// The tokens in the bucket; below 0 when the future's have been reserved.
  double tokens() const { return tokens_at(time::clock::now()); }
  OFFSET_API double tokens_at(time::time_point t) const;

 private:
  friend class reservation;
  void check_burst(std::int64_t n) const;
  double filled_at(time::time_point t) const noexcept;

  mutable sync::mutex lock_;
  rate::limit limit_;
  std::int64_t burst_;
  double tokens_;                // at last_
  time::time_point last_{};      // when tokens_ was counted
  time::time_point last_act_{};  // the latest that a reservation may act at
};

}  // namespace offset::inline v0::rate
