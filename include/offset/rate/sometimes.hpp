/// \file
/// rate::sometimes: doing something only now and then. golang.org/x/time/rate.Sometimes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#include <offset/config.hpp>
#include <offset/error.hpp>
#include <offset/sync/mutex.hpp>
#include <offset/time/sleep.hpp>

namespace offset::inline v0::rate {

struct sometimes;

/// What a sometimes counts.
class sometimes_state {
 public:
  constexpr sometimes_state() noexcept = default;

 private:
  friend struct sometimes;
  template <class F>
  void run_locked(const sometimes& s, F&& f);

  sync::mutex lock_;
  std::int64_t count_ = 0;       // calls of run
  time::time_point last_run_{};  // of the function
};

/// The first call of run runs its function; another does when one of the three rules that are set
/// says so. `rate::sometimes s{.first = 3, .interval = 10s};` Set once, before it is used.
struct sometimes {
  std::int64_t first = 0;               // if above 0: the first that many calls run it
  std::int64_t every = 0;               // if above 0: every that many-th call runs it
  time::clock::duration interval = {};  // if above 0: a call runs it so long after it last ran
  sometimes_state state = {};

  /// Runs `f` if it is time. A call waits while another runs its function; one from inside `f`
  /// deadlocks. A call whose function throws does not count. Go: Do.
  template <class F>
  void run(F&& f) {
    const std::lock_guard hold(state.lock_);
    state.run_locked(*this, std::forward<F>(f));
  }
  /// The same, waiting for another's function until `ctx` is done at most: ok, or canceled (also
  /// when it was done at the start).
  template <class F>
  op_status run(const context& ctx, F&& f) {
    if (state.lock_.lock(ctx) != op_status::ok) return op_status::canceled;
    const std::lock_guard hold(state.lock_, std::adopt_lock);
    state.run_locked(*this, std::forward<F>(f));
    return op_status::ok;
  }
};

template <class F>
void sometimes_state::run_locked(const sometimes& s, F&& f) {
  if (count_ == 0 || count_ < s.first || (s.every > 0 && count_ % s.every == 0) ||
      (s.interval > s.interval.zero() && time::clock::now() - last_run_ >= s.interval)) {
    std::invoke(std::forward<F>(f));
    if (s.interval > s.interval.zero()) last_run_ = time::clock::now();
  }
  ++count_;
}

}  // namespace offset::inline v0::rate
