/// \file
/// group: goroutines that belong together, and end together. Go's errgroup.Group; elsewhere a
/// nursery or a TaskGroup.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <offset/config.hpp>
#include <offset/context.hpp>
#include <offset/detail/call_with.hpp>
#include <offset/detail/spawn.hpp>
#include <offset/detail/wait_room.hpp>
#include <offset/error.hpp>
#include <offset/go.hpp>

namespace offset::inline v0 {

namespace detail {
struct group_failure;
}

/// Goroutines are started with `go` and waited for with `wait`. The first that fails cancels the
/// context that all of them may take, and `wait` throws what it threw.
///
/// A failure is an exception that leaves the function, or an error_code other than zero that it
/// returns. None is lost: the first is what `wait` throws and what `ctx().cause()` is, all the
/// others are kept in `failures()`, those included that only say that they were cancelled. A
/// function that calls goexit has ended without a failure.
///
/// The destructor cancels the context and waits. A failure that it finds and that no `wait` has
/// come after is a panic: the program ends as if the exception had left a goroutine of its own (a
/// panic handler is told instead, and the destructor goes on). Two are not: a failure that only
/// reports that the context was done (a system_error of ctx().err(), or what was given as its
/// cause), because whoever cancelled knows; and, while another exception unwinds through the
/// destructor, all of them: they are said in a line each on stderr, and the exception goes on.
///
/// From goroutines and plain threads while a runtime is alive, several at the same time. Must not
/// outlive the runtime that its goroutines run in while some have not ended: nobody ends them.
class OFFSET_API group {
 public:
  group() : group(context::background()) {}
  /// Done when `parent` is, as well.
  explicit group(const context& parent);
  group(const group&) = delete;
  group& operator=(const group&) = delete;
  ~group();

  /// Runs `f` in a goroutine of its own: `f(const context&)`, given ctx(), or `f()`; answering
  /// nothing, or a std::error_code. Where a limit is set and reached, waits until a goroutine of
  /// the group has ended; first in, first out. `f` runs also when the context is done already.
  /// Throws what offset::go throws.
  template <class F>
  void go(F&& f) {
    check_function<F>(f);
    enter(nullptr);
    start(std::forward<F>(f));
  }
  /// The same until `waiting` is done: canceled, and `f` is neither moved from nor run.
  template <class F>
  op_status go(const context& waiting, F&& f) {
    check_function<F>(f);
    if (enter(&waiting) != op_status::ok) return op_status::canceled;
    start(std::forward<F>(f));
    return op_status::ok;
  }
  /// Never waits: false when the limit is reached. Go: TryGo.
  template <class F>
  bool try_go(F&& f) {
    check_function<F>(f);
    if (!try_enter()) return false;
    start(std::forward<F>(f));
    return true;
  }

  /// Done once a goroutine has failed, wait has returned, or the parent is done.
  const context& ctx() const noexcept { return ctx_; }
  /// Cancels ctx(): all are asked to end.
  void cancel() const noexcept { cancel_(nullptr); }

  /// At most `n` goroutines at a time from now on; none for 0, and no limit when negative, which is
  /// how it begins. Throws panic_error "errgroup: modify limit while N goroutines in the group are
  /// still active". Go: SetLimit.
  void limit(std::int64_t n);

  /// Waits until all have ended, then cancels ctx(), and throws the first failure if there was one,
  /// each time. More may be started after that.
  void wait();
  /// The same until `waiting` is done: canceled, and the group goes on.
  op_status wait(const context& waiting);

  /// All failures so far but the first, in the order in which they came.
  std::vector<std::exception_ptr> failures() const;

 private:
  template <class F>
  struct closure {
    closure(group* g, F&& f) : of(g), call(std::in_place, std::move(f)) {}
    closure(group* g, const F& f) : of(g), call(std::in_place, f) {}
    void operator()() && {
      of->run(&call, [](void* self, const context& c) {
        auto& mine = *static_cast<detail::once_called<F>*>(self);
        if constexpr (std::is_void_v<detail::call_result_t<F>>) {
          mine(c);
          return std::error_code();
        } else {
          return std::error_code(mine(c));
        }
      });
    }
    group* of;
    detail::once_called<F> call;
  };

  template <class F>
  static void check_function(const std::decay_t<F>& f) {
    using result = detail::call_result_t<std::decay_t<F>>;
    static_assert(std::is_void_v<result> || std::is_same_v<result, std::error_code>,
                  "group: a function answers nothing, or a std::error_code");
    if (detail::is_nil_function<std::decay_t<F>>(f)) detail::go_nil();
  }
  // It has been counted.
  template <class F>
  void start(F&& f) {
    try {
      offset::go(closure<std::decay_t<F>>(this, std::forward<F>(f)));
    } catch (...) {
      leave();
      throw;
    }
  }

  op_status enter(const context* waiting);
  bool try_enter() noexcept;
  void leave() noexcept;
  void run(void* call, std::error_code (*function)(void* call, const context& ctx));
  void failed(detail::group_failure* f) noexcept;
  void throw_first();
  bool wait_until_idle(const context* waiting, bool at_end);

  // Under the lock of `entering_`, that of `waiting_` inside it.
  detail::wait_room entering_;  // for a place
  detail::wait_room waiting_;   // for the last to end
  std::int64_t limit_ = -1;
  std::int64_t active_ = 0;  // places taken, also for those about to start
  std::size_t count_ = 0;    // of failures
  std::size_t taken_ = 0;    // how many there were at the last wait
  detail::group_failure* first_ = nullptr;
  detail::group_failure* last_ = nullptr;

  context ctx_;
  cancel_cause_func cancel_;
  const int unwinding_;  // exceptions in flight when it was made
};

}  // namespace offset::inline v0
