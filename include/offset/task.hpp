/// \file
/// spawn and task: a goroutine that answers something; gather: waiting for several. What Go writes
/// with a channel of capacity 1 or a WaitGroup and variables, and other languages with async tasks.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <offset/config.hpp>
#include <offset/context.hpp>
#include <offset/detail/call_with.hpp>
#include <offset/detail/spawn.hpp>
#include <offset/detail/task_core.hpp>
#include <offset/error.hpp>
#include <offset/go.hpp>

namespace offset::inline v0 {

template <class R>
class task;

namespace detail {

/// What stands for the answer in a tuple or an optional.
template <class R>
struct task_value {
  using type = R;
  using optional = std::optional<R>;
};
template <class R>
  requires std::is_void_v<R>
struct task_value<R> {
  using type = std::monostate;
};
template <class R>
  requires std::is_reference_v<R>
struct task_value<R> {
  using type = R;
  using optional = std::optional<std::reference_wrapper<std::remove_reference_t<R>>>;
};
template <class R>
using task_value_t = typename task_value<R>::type;

template <class R>
struct task_state final : task_core {
  task_state() noexcept
      : task_core([](task_core* t) noexcept { delete static_cast<task_state*>(t); }) {}
  [[no_unique_address]] result_slot<R> value{};
};

template <class R, class F>
struct task_closure {
  template <class G>
  task_closure(task_ref s, G&& f) : state(std::move(s)), call(std::in_place, std::forward<G>(f)) {}
  void operator()() && {
    task_run(
        *state.get(), this,
        [](void* frame) {
          auto& me = *static_cast<task_closure*>(frame);
          auto& mine = *static_cast<task_state<R>*>(me.state.get());
          if constexpr (std::is_void_v<R>)
            me.call(mine.ctx);
          else if constexpr (std::is_reference_v<R>) {
            auto&& r = me.call(mine.ctx);
            mine.value = std::addressof(r);
          } else
            mine.value.emplace(me.call(mine.ctx));
        },
        !std::is_void_v<R>);
  }
  task_ref state;
  once_called<F> call;
};

struct task_access;

}  // namespace detail

/// Runs `f` in a goroutine of its own: `f(const context&)`, given one that `cancel` cancels, or
/// `f()`. The task answers what it answers, or throws what it throws. Throws what offset::go
/// throws.
template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, context>)
[[nodiscard]] task<detail::call_result_t<std::decay_t<F>>> spawn(F&& f);
/// The same; the context it is given is done when `parent` is, as well.
template <class F>
[[nodiscard]] task<detail::call_result_t<std::decay_t<F>>> spawn(const context& parent, F&& f);

/// A handle of a goroutine and of what it will answer. Movable, not copyable; default-constructed
/// or moved from it has no goroutine, and all but the destructor, assignment and the conversion to
/// bool throw panic_error.
///
/// The destructor cancels and waits, as std::jthread's does. A failure that it finds and that
/// nobody took by `get` is a panic: the program ends as if the exception had left the goroutine (a
/// panic handler is told instead, and the destructor goes on). Two are not: a failure that only
/// reports that the task's context was done (a system_error of its err(), or what was given as its
/// cause); and, while another exception unwinds through the destructor, any: it is said in a line
/// on stderr, and the exception goes on. Assigning to it does the same with what it had.
///
/// From goroutines and plain threads; the const functions also at the same time.
template <class R>
class [[nodiscard]] task {
 public:
  using value_type = R;

  task() noexcept = default;
  task(task&& o) noexcept : state_(std::move(o.state_)) {}
  task& operator=(task&& o) noexcept {
    if (this != &o) {
      end();
      state_ = std::move(o.state_);
      unwinding_ = detail::exceptions_in_flight();
    }
    return *this;
  }
  ~task() { end(); }

  explicit operator bool() const noexcept { return state_.get() != nullptr; }

  /// Waits until it has ended; answers what its function answered, once, or throws what it threw.
  /// Called again it throws panic_error. A goroutine that ended by goexit has nothing to answer:
  /// panic_error, unless R is void.
  R get() {
    wait();
    return taken();
  }
  /// The same until `waiting` is done: canceled, and it goes on. For void an op_status, else an
  /// optional.
  auto get(const context& waiting) {
    if constexpr (std::is_void_v<R>) {
      const op_status s = wait(waiting);
      if (s == op_status::ok) taken();
      return s;
    } else {
      using optional = typename detail::task_value<R>::optional;
      if (wait(waiting) != op_status::ok) return optional();
      return optional(taken());
    }
  }

  /// Waits until it has ended, and takes nothing.
  void wait() const { checked().ended.wait(); }
  /// The same until `waiting` is done: canceled, and it goes on.
  op_status wait(const context& waiting) const { return checked().ended.wait(waiting); }
  /// It has ended. Never waits.
  bool done() const { return checked().ended.is_open(); }
  /// Cancels its context; where the function does not take one, nothing hears of it.
  void cancel() const { checked().cancel(); }

 private:
  friend struct detail::task_access;
  explicit task(detail::task_ref s) noexcept : state_(std::move(s)) {}
  detail::task_core& checked() const { return detail::task_checked(state_.get()); }
  void end() noexcept {
    if (state_.get() != nullptr) detail::task_abandon(state_.get(), unwinding_);
  }
  R taken() {
    detail::task_take(checked());
    return value();
  }
  R value() {
    [[maybe_unused]] auto& slot = static_cast<detail::task_state<R>*>(state_.get())->value;
    if constexpr (std::is_reference_v<R>)
      return static_cast<R>(*slot);
    else if constexpr (!std::is_void_v<R>)
      return std::move(*slot);
  }

  detail::task_ref state_;
  int unwinding_ = detail::exceptions_in_flight();
};

namespace detail {

struct task_access {
  template <class F, class R = call_result_t<std::decay_t<F>>>
  static task<R> start(const context& parent, F&& f) {
    using function = std::decay_t<F>;
    static_assert(!std::is_rvalue_reference_v<R>, "spawn: what f answers is kept: not a T&&");
    if (is_nil_function<function>(f)) go_nil();
    task_ref mine(new task_state<R>);
    if constexpr (takes_context<function>)
      task_derive(*mine.get(), parent);
    else
      static_cast<void>(parent);
    offset::go(task_closure<R, function>(mine, std::forward<F>(f)));
    return task<R>(std::move(mine));
  }
  template <class R>
  static task_core* core(const task<R>& t) {
    return &t.checked();
  }
  template <class R>
  static task_value_t<R> value(task<R>& t) {
    if constexpr (std::is_void_v<R>)
      return {};
    else
      return t.value();
  }

  template <class... R>
  static op_status all(const context* waiting, const task<R>&... tasks) {
    const std::array<task_core*, sizeof...(R)> cores{core(tasks)...};
    return gather_all(cores.data(), cores.size(), waiting);
  }
  template <class R>
  static op_status all(const context* waiting, const std::vector<task<R>>& tasks) {
    std::vector<task_core*> cores;
    cores.reserve(tasks.size());
    for (const task<R>& t : tasks) cores.push_back(core(t));
    return gather_all(cores.data(), cores.size(), waiting);
  }
  template <class R>
  static std::vector<task_value_t<R>> values(std::vector<task<R>>& tasks) {
    std::vector<task_value_t<R>> out;
    out.reserve(tasks.size());
    for (task<R>& t : tasks) out.push_back(value(t));
    return out;
  }
};

}  // namespace detail

template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, context>)
task<detail::call_result_t<std::decay_t<F>>> spawn(F&& f) {
  return detail::task_access::start(context::background(), std::forward<F>(f));
}
template <class F>
task<detail::call_result_t<std::decay_t<F>>> spawn(const context& parent, F&& f) {
  return detail::task_access::start(parent, std::forward<F>(f));
}

/// Waits for all, and answers what they answered in the order of the arguments, std::monostate for
/// void. The first that fails (in time) cancels the others, which are waited for, and is thrown;
/// the tasks are gone then, and a failure of another that does not only report the cancellation is
/// said on stderr, as task's destructor does. One `get` or `gather` a task.
template <class... R>
std::tuple<detail::task_value_t<R>...> gather(task<R>&&... tasks) {
  std::tuple<task<R>...> mine(std::move(tasks)...);
  return std::apply(
      [](task<R>&... t) {
        detail::task_access::all(nullptr, t...);
        return std::tuple<detail::task_value_t<R>...>{detail::task_access::value(t)...};
      },
      mine);
}
template <class R>
std::vector<detail::task_value_t<R>> gather(std::vector<task<R>> tasks) {
  detail::task_access::all(nullptr, tasks);
  return detail::task_access::values(tasks);
}

/// The same until `waiting` is done: nothing then, and the tasks go on and are still the caller's.
template <class... R>
std::optional<std::tuple<detail::task_value_t<R>...>> gather(const context& waiting,
                                                             task<R>&&... tasks) {
  try {
    if (detail::task_access::all(&waiting, tasks...) != op_status::ok) return std::nullopt;
  } catch (...) {
    const std::tuple<task<R>...> gone(std::move(tasks)...);
    throw;
  }
  std::tuple<task<R>...> mine(std::move(tasks)...);
  return std::apply(
      [](task<R>&... t) {
        return std::tuple<detail::task_value_t<R>...>{detail::task_access::value(t)...};
      },
      mine);
}
template <class R>
std::optional<std::vector<detail::task_value_t<R>>> gather(const context& waiting,
                                                           std::vector<task<R>>&& tasks) {
  try {
    if (detail::task_access::all(&waiting, tasks) != op_status::ok) return std::nullopt;
  } catch (...) {
    const std::vector<task<R>> gone(std::move(tasks));
    throw;
  }
  std::vector<task<R>> mine(std::move(tasks));
  return detail::task_access::values(mine);
}

}  // namespace offset::inline v0
