/// \file
/// Goroutines: starting them, giving way, ending one, and calling code that blocks its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>
#include <offset/detail/spawn.hpp>
#include <offset/error.hpp>

namespace offset::inline v0 {

class context;

/// What `go` may be told about a goroutine.
struct go_options {
  std::string name = {};       ///< shown in stack dumps
  std::size_t stack_size = 0;  ///< bytes reserved (not touched); 0: the runtime's default
  bool pinned = false;         ///< a thread that carries this goroutine alone (but in a testing
                               ///< bubble, which has one for all). Go: LockOSThread
};

/// Starts `f(args…)` in a new goroutine and returns at once. `f` and the arguments are
/// decay-copied, as by std::thread. The new goroutine runs next on this carrier when the current
/// one gives way, and elsewhere when another carrier is free. From any thread while a runtime is
/// alive.
///
/// Throws std::logic_error when no runtime is alive; std::bad_alloc or std::system_error when there
/// is no memory, stack or thread for it, and leaves everything running. A null function is fatal:
/// "go of nil func value". Go: go f(args…).
template <class F, class... A>
  requires(!std::is_same_v<std::remove_cvref_t<F>, go_options>)
void go(F&& f, A&&... args) {
  detail::seed_start(detail::seed_of_call(std::forward<F>(f), std::forward<A>(args)...).s);
}
/// The same with a name, a stack size of its own, or a thread of its own. Throws
/// std::invalid_argument for a stack size out of range.
template <class F, class... A>
void go(go_options options, F&& f, A&&... args) {
  const detail::made_seed made = detail::seed_of_call(std::forward<F>(f), std::forward<A>(args)...);
  try {
    detail::seed_start_with(made.s, options);
  } catch (...) {
    made.discard(made.s);
    throw;
  }
}

/// Lets the other goroutines that are ready run first. A few nanoseconds when there is none.
/// Outside a goroutine it yields the thread. Go: runtime.Gosched.
OFFSET_API void yield() noexcept;

/// Ends the calling goroutine; its destructors run. On the main goroutine the others go on and
/// `run` does not return for them (Go's rule); when none is left to run, that is fatal. Outside a
/// goroutine, and inside `blocking`, throws std::logic_error. It unwinds by an exception of a
/// private type: a `catch (...)` that swallows it delays the end to the goroutine's next wait. Go:
/// runtime.Goexit.
[[noreturn]] OFFSET_API void goexit();

/// The calling goroutine's number, from 1 for main; 0 outside.
OFFSET_API std::uint64_t goroutine_id() noexcept;

/// Goroutines that have been started and have not ended; 0 with no runtime. A snapshot:
/// O(carriers).
OFFSET_API std::size_t num_goroutines() noexcept;

namespace detail {
OFFSET_API bool in_goroutine() noexcept;
/// Runs f(arg) on the I/O pool while the calling goroutine waits. Throws std::system_error when no
/// thread can be had, or when all of the pool's threads wait for one another.
OFFSET_API void blocking_run(void (*f)(void*), void* arg);
/// The same, unless `ctx` is done before the call has begun: then canceled.
OFFSET_API op_status blocking_run(const context& ctx, void (*f)(void*), void* arg);

/// Where the result of a call waits to be returned.
template <class R>
struct result_slot_of {
  using type = std::optional<R>;
};
template <class R>
  requires std::is_void_v<R>
struct result_slot_of<R> {
  using type = std::tuple<>;
};
template <class R>
  requires std::is_reference_v<R>
struct result_slot_of<R> {
  using type = std::remove_reference_t<R>*;
};
template <class R>
using result_slot = typename result_slot_of<R>::type;

/// A call, its result, or what it threw; lies with the caller.
template <class F>
struct blocking_call {
  using result = std::invoke_result_t<F>;
  F&& f;
  std::exception_ptr error;
  [[no_unique_address]] result_slot<result> value;

  static void run(void* self) {
    blocking_call& c = *static_cast<blocking_call*>(self);
    try {
      if constexpr (std::is_void_v<result>) {
        std::invoke(std::forward<F>(c.f));
      } else if constexpr (std::is_reference_v<result>) {
        auto&& r = std::invoke(std::forward<F>(c.f));
        c.value = std::addressof(r);
      } else {
        c.value.emplace(std::invoke(std::forward<F>(c.f)));
      }
    } catch (...) {
      c.error = std::current_exception();
    }
  }
};

OFFSET_API op_status run_unless_done(const context& ctx, void (*f)(void*), void* arg);
}  // namespace detail

/// Calls `f` on a thread of the I/O pool and waits for it without holding a carrier: for calls that
/// block their thread (files, getaddrinfo, a C library). Its result, or its exception, is passed
/// through. Calls that were short lately run on the carrier's thread until they are not. The pool
/// grows on demand up to options::io_threads, beyond which calls queue. Outside a goroutine it just
/// calls `f`.
///
/// Throws std::system_error when no thread can be had, or when every thread of a full pool waits in
/// a call that only a queued one could end. Go's counterpart is any system call.
template <class F>
auto blocking(F&& f) -> std::invoke_result_t<F> {
  using result = std::invoke_result_t<F>;
  if (!detail::in_goroutine()) return std::invoke(std::forward<F>(f));
  detail::blocking_call<F> call{std::forward<F>(f), nullptr, {}};
  detail::blocking_run(&detail::blocking_call<F>::run, &call);
  if (call.error) std::rethrow_exception(std::exchange(call.error, nullptr));
  if constexpr (std::is_reference_v<result>)
    return static_cast<result>(*call.value);
  else if constexpr (!std::is_void_v<result>)
    return std::move(*call.value);
}

/// The same, given up if `ctx` is done before the call has begun: a call that runs is waited for.
/// Answers op_status (ok or canceled) for an `f` that returns nothing, else an optional that is
/// empty when it was canceled. Outside a goroutine it calls `f` unless `ctx` is done.
template <class F>
auto blocking(const context& ctx, F&& f) {
  using result = std::invoke_result_t<F>;
  static_assert(!std::is_reference_v<result>,
                "blocking with a context: return a value or a pointer");
  detail::blocking_call<F> call{std::forward<F>(f), nullptr, {}};
  const op_status status =
      detail::in_goroutine() ? detail::blocking_run(ctx, &detail::blocking_call<F>::run, &call)
                             : detail::run_unless_done(ctx, &detail::blocking_call<F>::run, &call);
  if (call.error) std::rethrow_exception(std::exchange(call.error, nullptr));
  if constexpr (std::is_void_v<result>)
    return status;
  else
    return std::move(call.value);
}

}  // namespace offset::inline v0
