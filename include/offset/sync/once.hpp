/// \file
/// sync::once and sync::once_value: doing something exactly once. Go's sync.Once, OnceFunc,
/// OnceValue.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>
#include <offset/sync/mutex.hpp>

namespace offset::inline v0::sync {

/// The first call runs its function; the others wait until it has returned. A function that throws
/// counts as done, and its exception goes to that caller. Calling it again from inside deadlocks.
class once {
 public:
  constexpr once() noexcept = default;
  once(const once&) = delete;
  once& operator=(const once&) = delete;

  template <class F>
  void call(F&& f) {
    // Acquire: pairs with the release below; what f did is seen.
    if (done_.load(std::memory_order_acquire)) return;
    mutex_.lock();
    call_locked(std::forward<F>(f));
  }
  /// The same, waiting for another's call until `ctx` is done at most: ok, or canceled (also when
  /// it was done at the start).
  template <class F>
  op_status call(const context& ctx, F&& f) {
    if (mutex_.lock(ctx) == op_status::canceled) return op_status::canceled;
    call_locked(std::forward<F>(f));
    return op_status::ok;
  }

 private:
  template <class F>
  void call_locked(F&& f) {
    struct unlocker {
      mutex& m;
      ~unlocker() { m.unlock(); }
    } const at_end{mutex_};
    if (done_.load(std::memory_order_relaxed)) return;
    struct finisher {
      std::atomic<bool>& done;
      ~finisher() { done.store(true, std::memory_order_release); }
    } const finish{done_};
    std::invoke(std::forward<F>(f));
  }

  std::atomic<bool> done_{false};
  mutex mutex_;
};

namespace detail_once {

template <class F>
struct state {
  using result = std::invoke_result_t<F&>;
  explicit state(F&& g) : f(std::move(g)) {}
  explicit state(const F& g) : f(g) {}
  once guard;
  std::optional<F> f;  // let go of after the call
  std::exception_ptr error;
  std::conditional_t<
      std::is_void_v<result>, std::nullptr_t,
      std::optional<std::conditional_t<std::is_void_v<result>, int, std::remove_cvref_t<result>>>>
      value{};
};

}  // namespace detail_once

/// What once_value makes: call it as often as you like, copies share the one call.
template <class F>
class once_function {
 public:
  using result = std::invoke_result_t<F&>;
  template <class G>
    requires std::is_constructible_v<F, G&&>
  explicit once_function(G&& f)
      : state_(std::make_shared<detail_once::state<F>>(F(std::forward<G>(f)))) {}

  /// The value of the one call; throws what it threw, each time.
  std::conditional_t<std::is_void_v<result>, void,
                     std::add_lvalue_reference_t<const std::conditional_t<
                         std::is_void_v<result>, int, std::remove_cvref_t<result>>>>
  operator()() const {
    detail_once::state<F>& s = *state_;
    s.guard.call([&s] {
      try {
        if constexpr (std::is_void_v<result>)
          std::invoke(*s.f);
        else
          s.value.emplace(std::invoke(*s.f));
      } catch (...) {
        s.error = std::current_exception();
      }
      s.f.reset();
    });
    if (s.error) std::rethrow_exception(s.error);
    if constexpr (!std::is_void_v<result>) return *s.value;
  }

 private:
  std::shared_ptr<detail_once::state<F>> state_;
};

/// A callable that runs `f` on its first call only and answers its value (nothing, for void) each
/// time. `f` is destroyed after that call. Go: sync.OnceFunc, sync.OnceValue.
template <class F>
once_function<std::decay_t<F>> once_value(F&& f) {
  return once_function<std::decay_t<F>>(std::forward<F>(f));
}

}  // namespace offset::inline v0::sync
