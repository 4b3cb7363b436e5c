/// \file
/// rate::sometimes: doing something only now and then. golang.org/x/time/rate.Sometimes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#include <offset/config.hpp>
#include <offset/sync/mutex.hpp>
#include <offset/time/sleep.hpp>

namespace offset::inline v0::rate {

/// What a sometimes counts.
class sometimes_state {
 public:
  constexpr sometimes_state() noexcept = default;

 private:
  friend struct sometimes;
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
    const std::int64_t n = state.count_;
    if (n == 0 || n < first || (every > 0 && n % every == 0) ||
        (interval > interval.zero() && time::clock::now() - state.last_run_ >= interval)) {
      std::invoke(std::forward<F>(f));
      if (interval > interval.zero()) state.last_run_ = time::clock::now();
    }
    ++state.count_;
  }
};

}  // namespace offset::inline v0::rate
