/// \file
/// What `go` stands on: a seed is a goroutine that has not started: a closure, and what it takes to
/// start it. It needs no stack; it becomes a goroutine when a carrier takes it from a run queue.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>

namespace offset::inline v0 {
struct go_options;
}

namespace offset::inline v0::detail {

/// Lies before the closure. `link` is for intrusive queues; the library owns all of it.
struct alignas(16) seed {
  std::uintptr_t link;
  void (*run)(seed*);  // moves the closure out, gives the seed back, calls
  std::uint64_t id;    // the goroutine's number to be; the top byte is the library's
  const void* origin;  // return address of go
  void* closure() noexcept { return this + 1; }
};

/// Throws std::logic_error when no runtime is alive, std::bad_alloc and std::system_error when
/// there is no memory or no room for another stack.
OFFSET_API seed* seed_new(std::size_t closure_size);
/// Gives the memory back: `seed_delete` of one that was started, `seed_discard` of one that was
/// not.
OFFSET_API void seed_delete(seed* s) noexcept;
OFFSET_API void seed_discard(seed* s) noexcept;
/// Queues it. With options (its name, stack or own thread) it may throw; the seed is then still the
/// caller's.
OFFSET_API void seed_start(seed* s) noexcept;
OFFSET_API void seed_start_with(seed* s, const go_options& options);
[[noreturn]] OFFSET_API void go_nil() noexcept;

/// A closure of this size is moved to the goroutine's stack as it starts, and its seed is used
/// again.
inline constexpr std::size_t most_moved = 256;

template <class C>
void run_closure(seed* s) {
  C* const at = std::launder(static_cast<C*>(s->closure()));
  if constexpr (std::is_nothrow_move_constructible_v<C> && sizeof(C) <= most_moved) {
    C closure(std::move(*at));
    std::destroy_at(at);
    seed_delete(s);
    std::move(closure)();
  } else {
    struct cleaner {
      seed* s;
      C* at;
      ~cleaner() {
        std::destroy_at(at);
        seed_delete(s);
      }
    } const guard{s, at};
    std::move (*at)();
  }
}

template <class C>
void discard_closure(seed* s) noexcept {
  std::destroy_at(std::launder(static_cast<C*>(s->closure())));
  seed_discard(s);
}

/// A seed and how to take it back before it was started.
struct made_seed {
  seed* s;
  void (*discard)(seed*) noexcept;
};

/// A callable kept behind a pointer, for alignments that a seed cannot give.
template <class C>
struct boxed {
  std::unique_ptr<C> in;
  void operator()() && { std::move (*in)(); }
};

template <class F>
bool is_nil_function(const F& f) noexcept {
  if constexpr (std::is_pointer_v<F> || std::is_member_pointer_v<F>)
    return f == nullptr;
  else if constexpr (requires(const F& g) {
                       { g == nullptr } -> std::convertible_to<bool>;
                       static_cast<bool>(g);
                     })
    return !static_cast<bool>(f);
  else
    return false;
}

/// Builds a seed around a closure.
template <class C, class Make>
made_seed seed_of(Make&& make) {
  if constexpr (alignof(C) > alignof(seed)) {
    using box = boxed<C>;
    return seed_of<box>([&] { return box{std::unique_ptr<C>(new C(make()))}; });
  } else {
    seed* const s = seed_new(sizeof(C));
    struct guard_t {
      seed* s;
      ~guard_t() {
        if (s != nullptr) seed_discard(s);
      }
    } guard{s};
    ::new (s->closure()) C(make());
    guard.s = nullptr;
    s->run = &run_closure<C>;
    return {s, &discard_closure<C>};
  }
}

/// A function and its arguments, decay-copied, called once.
template <class F, class... A>
struct bound_call {
  F f;
  std::tuple<A...> args;
  void operator()() && {
    std::apply([&](A&... a) { std::invoke(std::move(f), std::move(a)...); }, args);
  }
};
template <class F>
struct bound_call<F> {
  F f;
  void operator()() && { std::invoke(std::move(f)); }
};

template <class F, class... A>
made_seed seed_of_call(F&& f, A&&... args) {
  using function = std::decay_t<F>;
  static_assert(std::is_invocable_v<function, std::decay_t<A>...>,
                "go: the function cannot be called with these arguments (they are decay-copied, as "
                "by std::thread: pass std::ref for a reference)");
  if (is_nil_function<function>(f)) go_nil();
  if constexpr (sizeof...(A) == 0) {
    using call = bound_call<function>;
    return seed_of<call>([&] { return call{std::forward<F>(f)}; });
  } else {
    using call = bound_call<function, std::decay_t<A>...>;
    return seed_of<call>([&] {
      return call{std::forward<F>(f), std::tuple<std::decay_t<A>...>(std::forward<A>(args)...)};
    });
  }
}

}  // namespace offset::inline v0::detail
