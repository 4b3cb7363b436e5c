/// \file
/// Contexts: cancellation, deadlines and request-scoped values that follow a call through a
/// program. Go's package context.
///
/// A context is a handle: copying it shares it. It forms a tree: what cancels a context cancels
/// everything that was derived from it, and nothing else. Cancellation is explicit: a goroutine
/// learns of it from its context, which every call that waits accepts as its first argument
/// (`c.recv(ctx, v)`, `time::sleep(ctx, d)`, `mutex.lock(ctx)`, ...) or, in a select, as the case
/// `ctx.if_done()`. It is a level, not an event: once a context is done, every call that is given
/// it answers `op_status::canceled`, though what it would wait for is ready.
///
/// Thread-safe; from goroutines and plain threads. Deadlines need a runtime that is alive.
#pragma once

#include <chrono>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <offset/chan.hpp>
#include <offset/config.hpp>
#include <offset/detail/context_core.hpp>
#include <offset/detail/deadline.hpp>
#include <offset/time/sleep.hpp>

namespace offset::inline v0 {

/// Why a context is done. Equal to std::errc::operation_canceled and std::errc::timed_out.
enum class context_errc : std::uint8_t {
  canceled = 1,           ///< "context canceled". Go: context.Canceled
  deadline_exceeded = 2,  ///< "context deadline exceeded". Go: context.DeadlineExceeded
};
OFFSET_API const std::error_category& context_category() noexcept;
inline std::error_code make_error_code(context_errc e) noexcept {
  return {static_cast<int>(e), context_category()};
}

/// Names a value of type T that contexts carry. The object is the key: two keys are the same only
/// if they are the same object, so it is usually a global constant. `name` is for to_string.
template <class T>
class context_key {
 public:
  constexpr explicit context_key(const char* name = "key") noexcept : name_(name) {}
  context_key(const context_key&) = delete;
  context_key& operator=(const context_key&) = delete;
  constexpr const char* name() const noexcept { return name_; }

 private:
  const char* name_;
};

class context;
struct context_with_cancel;
struct context_with_cancel_cause;
class context_stop;

class OFFSET_API context {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Nil, as a null pointer: only to be assigned to. Deriving from it and waiting with it throw
  /// panic_error.
  context() noexcept = default;

  /// Never done, no deadline, no values: the root. Go: context.Background, context.TODO.
  static context background() noexcept;
  static context todo() noexcept;

  /// A copy of `parent` that is done when `cancel` is called or `parent` is done. Cancel is
  /// synchronous: once it has returned, this context and all derived from it are done. Call it when
  /// the work is over. O(contexts derived from it). Throws panic_error "cannot create context from
  /// nil parent".
  static context_with_cancel with_cancel(const context& parent);
  /// The same, with a reason to be given to `cancel`: see cause().
  static context_with_cancel_cause with_cancel_cause(const context& parent);

  /// The same, done as well when the time has come. Throws std::logic_error when no runtime is
  /// alive. `cause` is what cause() answers if the time is what ended it.
  static context_with_cancel with_deadline(const context& parent, time_point t,
                                           std::exception_ptr cause = nullptr);
  template <class Rep, class Period>
  static context_with_cancel with_timeout(const context& parent,
                                          std::chrono::duration<Rep, Period> d,
                                          std::exception_ptr cause = nullptr);

  /// A copy of `parent` in which `key` has the value `v`, which is destroyed with the last context
  /// that has it.
  template <class T, class V>
    requires std::constructible_from<T, V&&>
  static context with_value(const context& parent, const context_key<T>& key, V&& v) {
    return derive_value(parent, &key, key.name(),
                        std::make_unique<detail::context_value<T>>(T(std::forward<V>(v))));
  }

  /// A key that is gone by the time it is asked for.
  template <class T, class V>
  static context with_value(const context& parent, const context_key<T>&& key, V&& v) = delete;

  /// A copy of `parent`, its values included, that is not done when `parent` is.
  static context without_cancel(const context& parent);

  /// A copy of `parent` that is done as well when a stop is requested.
  static context_with_cancel with_stop_token(const context& parent, std::stop_token token);

  /// Runs `f` in a goroutine of its own once `ctx` is done; at once if it is. Nobody waits for it.
  /// What is answered takes it back. Until it runs or is taken back, it keeps `ctx` in existence.
  /// Where no runtime is alive as `ctx` is cancelled, `f` runs in the call that cancels.
  template <class F>
  static context_stop after_func(const context& ctx, F&& f);

  /// Closed when the context is done; nil for one that never is. Closed and err() go together: who
  /// has seen one finds the other. The channel keeps the context in existence.
  recv_chan<void> done() const;
  /// Cases of select, ready when the context is done.
  auto if_done() const { return done().if_recv(); }
  template <class F>
  auto if_done(F&& handler) const {
    return done().if_recv(std::forward<F>(handler));
  }

  /// Empty until it is done, then context_errc::canceled or deadline_exceeded. One load.
  std::error_code err() const noexcept;
  /// Null until it is done; then what its cancel was given, or what ended the context it was
  /// derived from, or err() as a std::system_error.
  std::exception_ptr cause() const;
  /// When it will be done at the latest, if there is such a time.
  std::optional<time_point> deadline() const noexcept;
  /// The value of `key`, or null. O(depth). Valid as long as this context lives.
  template <class T>
  const T* value(const context_key<T>& key) const noexcept {
    return static_cast<const T*>(find_value(&key));
  }
  /// A token that is stopped when the context is done, as long as the context lives. Whoever
  /// cancels runs its callbacks, last, when everybody who waits has been woken; a goroutine of
  /// their own does when a deadline came.
  std::stop_token stop_token() const;

  explicit operator bool() const noexcept { return node_.get() != nullptr; }
  friend bool operator==(const context& a, const context& b) noexcept {
    return a.node_.get() == b.node_.get();
  }

 private:
  friend struct detail_context;
  friend OFFSET_API std::string to_string(const context& ctx);
  explicit context(detail::context_node* adopted) noexcept : node_(adopted) {}
  static context derive_value(const context& parent, const void* key, const char* name,
                              std::unique_ptr<detail::context_value_base> v);
  static detail::after_done* add_after(const context& ctx,
                                       std::unique_ptr<detail::context_task_base> task);
  const void* find_value(const void* key) const noexcept;

  detail::context_ref node_;
};

/// What a context was made of, as in Go: "context.Background.WithCancel.WithValue(user, ann)";
/// values that are no text are left out.
OFFSET_API std::string to_string(const context& ctx);

/// Cancels the context it was made with. Copyable, may be called any number of times, from
/// anywhere, does not throw; the first call counts. A default-constructed one does nothing.
class cancel_func {
 public:
  cancel_func() noexcept = default;
  OFFSET_API void operator()() const noexcept;

 private:
  friend struct detail_context;
  explicit cancel_func(context ctx) noexcept : ctx_(std::move(ctx)) {}
  context ctx_;
};

/// The same, with a reason.
class cancel_cause_func {
 public:
  cancel_cause_func() noexcept = default;
  OFFSET_API void operator()(std::exception_ptr cause = nullptr) const noexcept;
  /// An exception to be copied: `cancel(std::runtime_error("too slow"))`.
  template <class E>
    requires(std::derived_from<std::remove_cvref_t<E>, std::exception>)
  void operator()(E&& cause) const { (*this)(std::make_exception_ptr(std::forward<E>(cause))); }

 private:
  friend struct detail_context;
  explicit cancel_cause_func(context ctx) noexcept : ctx_(std::move(ctx)) {}
  context ctx_;
};

/// `auto [ctx, cancel] = context::with_cancel(parent);`
struct context_with_cancel {
  context ctx;
  cancel_func cancel;
};
struct context_with_cancel_cause {
  context ctx;
  cancel_cause_func cancel;
};

/// What after_func answers: called, it keeps the function from running. Copyable; dropping it does
/// nothing.
class context_stop {
 public:
  context_stop() noexcept = default;
  context_stop(const context_stop& o) noexcept : of_(o.of_) {
    if (of_ != nullptr) detail::after_done_retain(of_);
  }
  context_stop(context_stop&& o) noexcept : of_(std::exchange(o.of_, nullptr)) {}
  context_stop& operator=(context_stop o) noexcept {
    std::swap(of_, o.of_);
    return *this;
  }
  ~context_stop() {
    if (of_ != nullptr) detail::after_done_release(of_);
  }
  /// True when this call kept it from running; false when it runs, has run, or was stopped before.
  OFFSET_API bool operator()() const noexcept;

 private:
  friend class context;
  explicit context_stop(detail::after_done* adopted) noexcept : of_(adopted) {}
  detail::after_done* of_ = nullptr;
};

template <class Rep, class Period>
context_with_cancel context::with_timeout(const context& parent,
                                          std::chrono::duration<Rep, Period> d,
                                          std::exception_ptr cause) {
  return with_deadline(parent, time_point(std::chrono::nanoseconds(detail::deadline_after(d))),
                       std::move(cause));
}

template <class F>
context_stop context::after_func(const context& ctx, F&& f) {
  using function = std::decay_t<F>;
  return context_stop(
      add_after(ctx, std::make_unique<detail::context_task<function>>(std::forward<F>(f))));
}

}  // namespace offset::inline v0

template <>
struct std::is_error_code_enum<offset::context_errc> : std::true_type {};
