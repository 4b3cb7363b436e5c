/// \file
/// sync::wait_group: waiting until a number of things are done. Go's sync.WaitGroup.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>
#include <offset/detail/wait_room.hpp>
#include <offset/error.hpp>
#include <offset/go.hpp>

namespace offset::inline v0 {
class context;
}

namespace offset::inline v0::sync {

/// May be used again as soon as wait has returned. What was done before a done happens before a
/// wait that it ends. From goroutines and plain threads.
class wait_group {
 public:
  constexpr wait_group() noexcept = default;
  wait_group(const wait_group&) = delete;
  wait_group& operator=(const wait_group&) = delete;

  /// Adds `delta`, which may be negative; at zero everybody who waits goes on. Below zero it throws
  /// panic_error "sync: negative WaitGroup counter". An add from zero must not race with a wait.
  OFFSET_API void add(std::int64_t delta);
  void done() { add(-1); }
  /// Waits until the counter is zero.
  OFFSET_API void wait();
  /// The same until `ctx` is done at most: ok, or canceled (also when it was done at the start).
  OFFSET_API op_status wait(const context& ctx);

  /// Runs `f` in a goroutine, counted until it ends. The group must outlive it. Go 1.25:
  /// WaitGroup.Go.
  template <class F>
  void go(F&& f) {
    add(1);
    struct counted {
      wait_group* group;
      std::decay_t<F> f;
      void operator()() {
        struct at_end {
          wait_group* group;
          ~at_end() { group->done(); }
        } const guard{group};
        auto mine = std::move(f);  // what it holds is let go of before it counts as done
        std::move(mine)();
      }
    };
    try {
      offset::go(counted{this, std::forward<F>(f)});
    } catch (...) {
      add(-1);
      throw;
    }
  }

 private:
  op_status wait_until(const context* ctx);

  std::atomic<std::uint64_t> state_{0};  // counter in the high half, waiters in the low
  detail::wait_room room_;
};

}  // namespace offset::inline v0::sync
