// The token bucket. Tokens are counted when they are looked at; a reservation beyond what is there
// makes them negative, and says when they will be 0.
#include "offset/rate/limiter.hpp"

#include <algorithm>
#include <mutex>
#include <optional>

#include "offset/context.hpp"
#include "offset/detail/deadline.hpp"

namespace offset::inline v0::rate {
namespace {

using time::time_point;
using duration = time::clock::duration;

// Saturating: a program may give any time, and `forever` is one.
duration between(time_point from, time_point to) noexcept {
  return duration(
      detail::subtract_saturating(to.time_since_epoch().count(), from.time_since_epoch().count()));
}
time_point after(time_point t, duration d) noexcept {
  return time_point(duration(detail::add_saturating(t.time_since_epoch().count(), d.count())));
}

duration time_for(double tokens, limit l) noexcept {
  if (l <= 0) return forever;
  const double ns = tokens / l * 1e9;
  return ns < static_cast<double>(duration::max().count())
             ? duration(static_cast<duration::rep>(ns))
             : forever;
}

double tokens_in(duration d, limit l) noexcept {
  return l <= 0 ? 0 : std::chrono::duration<double>(d).count() * l;
}

}  // namespace

wait_error::~wait_error() = default;

duration reservation::delay_from(time_point t) const noexcept {
  if (!ok_ || act_at_ == time_point::max()) return forever;
  return std::max(duration::zero(), between(t, act_at_));
}

void reservation::cancel_at(time_point t) const {
  if (!ok_) return;
  const std::lock_guard hold(of_->lock_);
  if (of_->limit_ == inf || tokens_ == 0 || act_at_ < t) return;
  // What was reserved after this one stands on it: as many tokens are not given back.
  const double back =
      static_cast<double>(tokens_) - tokens_in(between(act_at_, of_->last_act_), limit_);
  if (back <= 0) return;
  of_->tokens_ = std::min(of_->filled_at(t) + back, static_cast<double>(of_->burst_));
  of_->last_ = t;
  if (act_at_ == of_->last_act_) {
    const time_point before = after(act_at_, -time_for(static_cast<double>(tokens_), limit_));
    if (before >= t) of_->last_act_ = before;
  }
}

// Under the lock: the tokens there are at `t`.
double limiter::filled_at(time_point t) const noexcept {
  const double more = t <= last_ ? 0 : tokens_in(between(last_, t), limit_);
  return std::min(tokens_ + more, static_cast<double>(burst_));
}

reservation limiter::reserve_n(time_point t, std::int64_t n, duration most_delay) {
  const std::lock_guard hold(lock_);
  reservation r;
  r.of_ = this;
  r.limit_ = limit_;
  if (limit_ == inf) {
    r.ok_ = true;  // with no tokens: there is nothing to give back
    r.act_at_ = t;
    return r;
  }
  const double tokens = filled_at(t) - static_cast<double>(n);
  const duration delay = tokens < 0 ? time_for(-tokens, limit_) : duration::zero();
  if (n > burst_ || delay > most_delay) return r;
  r.ok_ = true;
  r.tokens_ = n;
  r.act_at_ = delay == forever ? time_point::max() : after(t, delay);
  last_ = t;
  tokens_ = tokens;
  last_act_ = r.act_at_;
  return r;
}

void limiter::check_burst(std::int64_t n) const {
  const std::lock_guard hold(lock_);
  if (n > burst_ && limit_ != inf)
    throw wait_error("rate: Wait(n=" + std::to_string(n) + ") exceeds limiter's burst " +
                     std::to_string(burst_));
}

void limiter::wait(std::int64_t n) { (void)wait(context::background(), n); }

op_status limiter::wait(const context& ctx, std::int64_t n) {
  check_burst(n);
  if (time::sleep(ctx, duration::zero()) != op_status::ok) return op_status::canceled;
  const time_point now = time::clock::now();
  const std::optional<time_point> until = ctx.deadline();
  const reservation r = reserve_n(now, n, until ? between(now, *until) : forever);
  if (!r.ok()) {
    check_burst(n);  // it was lowered meanwhile
    throw wait_error("rate: Wait(n=" + std::to_string(n) + ") would exceed context deadline");
  }
  const duration delay = r.delay_from(now);
  if (delay == duration::zero() || time::sleep(ctx, delay) == op_status::ok) return op_status::ok;
  r.cancel();
  return op_status::canceled;
}

void limiter::set_limit_at(time_point t, rate::limit l) {
  const std::lock_guard hold(lock_);
  tokens_ = filled_at(t);
  last_ = t;
  limit_ = l;
}

void limiter::set_burst_at(time_point t, std::int64_t n) {
  const std::lock_guard hold(lock_);
  tokens_ = filled_at(t);
  last_ = t;
  burst_ = n;
}

rate::limit limiter::limit() const {
  const std::lock_guard hold(lock_);
  return limit_;
}

std::int64_t limiter::burst() const {
  const std::lock_guard hold(lock_);
  return burst_;
}

double limiter::tokens_at(time_point t) const {
  const std::lock_guard hold(lock_);
  return filled_at(t);
}

}  // namespace offset::inline v0::rate
