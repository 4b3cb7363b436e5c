/// \file
/// completion<T>: a value, or an error, that something outside delivers once: a callback of another
/// library, an interrupt of another thread. Whoever waits for it parks.
#pragma once

#include <atomic>
#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>
#include <offset/context.hpp>
#include <offset/detail/gate.hpp>
#include <offset/error.hpp>

namespace offset::inline v0 {

namespace detail {

[[noreturn]] OFFSET_API void throw_completion_taken();
OFFSET_API std::exception_ptr null_completion_error() noexcept;

/// What does not depend on the type: who fulfils it, and waiting.
class completion_base {
 public:
  completion_base() noexcept = default;
  completion_base(const completion_base&) = delete;
  completion_base& operator=(const completion_base&) = delete;

  /// Fulfils it with an error. False when somebody has fulfilled it before, or is doing so. Never
  /// waits.
  bool set_exception(std::exception_ptr error) noexcept {
    if (!claim()) return false;
    error_ = error ? std::move(error) : null_completion_error();
    gate_.open();
    return true;
  }
  /// An exception to be copied: `set_exception(std::runtime_error("no answer"))`.
  template <class E>
    requires(std::derived_from<std::remove_cvref_t<E>, std::exception>)
  bool set_exception(E&& error) noexcept {
    return set_exception(std::make_exception_ptr(std::forward<E>(error)));
  }

  /// It was fulfilled. Never waits.
  bool ready() const noexcept { return gate_.is_open(); }
  /// Waits until it is fulfilled, by an error as well, and takes nothing.
  void wait() const { gate_.wait(); }
  /// The same until the context is done: op_status::canceled.
  op_status wait(const context& ctx) const { return gate_.wait(ctx); }

 protected:
  ~completion_base() = default;
  // Relaxed: it only decides between those who set; who waits is told by the gate.
  bool claim() noexcept { return !claimed_.exchange(true, std::memory_order_relaxed); }
  void open() noexcept { gate_.open(); }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  gate gate_{gate_kind::completion};
  std::atomic<bool> claimed_{false};
  std::exception_ptr error_;
};

}  // namespace detail

/// Fulfilled once, by set_value or set_exception, from anywhere: a goroutine, any thread, a
/// callback of C; neither throws or waits. Any number may wait. As soon as one `get` or `wait` has
/// returned, or `ready` has answered true, the completion may be destroyed, though the call that
/// fulfilled it has not returned (other waiters, and setters that come too late, must be through
/// with it).
///
/// A value that can be copied is copied to each who gets it, and `std::move(c).get()` moves it out;
/// one that can only be moved goes to the first, and the next gets panic_error.
template <class T>
class completion : public detail::completion_base {
  static_assert(std::is_object_v<T> && std::is_nothrow_move_constructible_v<T>,
                "completion: a value is moved in, which must not throw");

 public:
  /// Fulfils it. False when somebody has fulfilled it before, or is doing so: `v` is then dropped.
  bool set_value(T v) noexcept {
    if (!claim()) return false;
    value_.emplace(std::move(v));
    open();
    return true;
  }

  /// Waits until it is fulfilled. Answers the value, or throws the error, to everybody.
  T get() & {
    wait();
    return answer();
  }
  T get() && {
    wait();
    return moved();
  }
  /// The same until the context is done: nothing then, and also when it was done at the start.
  std::optional<T> get(const context& ctx) & {
    if (wait(ctx) != op_status::ok) return std::nullopt;
    return std::optional<T>(answer());
  }
  std::optional<T> get(const context& ctx) && {
    if (wait(ctx) != op_status::ok) return std::nullopt;
    return std::optional<T>(moved());
  }

 private:
  T answer() {
    if constexpr (std::copy_constructible<T>) {
      rethrow();
      // The value of one that was moved out is gone for the others as well.
      if (taken_.load(std::memory_order_relaxed)) detail::throw_completion_taken();
      return std::as_const(*value_);
    } else {
      return moved();
    }
  }
  T moved() {
    rethrow();
    // Relaxed: it decides who moves; the value itself was seen through the gate.
    if (taken_.exchange(true, std::memory_order_relaxed)) detail::throw_completion_taken();
    return std::move(*value_);
  }

  std::optional<T> value_;
  std::atomic<bool> taken_{false};
};

/// Without a value: an event that happens once, or fails.
template <>
class completion<void> : public detail::completion_base {
 public:
  bool set_value() noexcept {
    if (!claim()) return false;
    open();
    return true;
  }
  /// Waits until it is fulfilled; throws the error, to everybody.
  void get() {
    wait();
    rethrow();
  }
  /// ok or, when the context is done, canceled.
  op_status get(const context& ctx) {
    const op_status s = wait(ctx);
    if (s == op_status::ok) rethrow();
    return s;
  }
};

}  // namespace offset::inline v0
