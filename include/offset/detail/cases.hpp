/// \file
/// The cases of a select, as `c.if_send(…)` and `c.if_recv(…)` make them. They are meant to be
/// written inside the call of select, or to be turned into a `select_case`.
///
/// What select asks of a case: `describe()`, once at its start, gives its channel and where the
/// value is or goes; `prepare()` makes the copy of an lvalue that is to be sent, and answers where
/// it is; `finish(ok)` follows when the case was performed. A case whose channel handle was a
/// temporary owns it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <offset/detail/chan_core.hpp>

namespace offset::inline v0::detail {

/// What the erased select sees of a case.
struct case_desc {
  chan_core* core = nullptr;  // null: never ready
  void* elem = nullptr;
  bool is_send = false;
  bool unprepared = false;  // a send whose value is to be copied first: answered by `prepare`
};

/// How a case holds its channel: borrowed from an lvalue handle, or owned.
struct borrowed {
  chan_core* core;
  chan_core* get() const noexcept { return core; }
  core_handle share() const noexcept {
    if (core != nullptr) core->handles.fetch_add(1, std::memory_order_relaxed);
    return core_handle(core);
  }
};
struct owned {
  core_handle handle;
  chan_core* get() const noexcept { return handle.get(); }
  core_handle share() const noexcept { return handle; }
};

struct no_handler {};

template <class H>
void call_handler(H& handler) {
  if constexpr (!std::is_same_v<H, no_handler>) std::invoke(handler);
}

/// A send of a value that the caller gives up: moved from only when chosen.
template <class T, class Hold, class Handler>
class send_rvalue_case {
 public:
  using is_channel_case = void;
  using value_type = T;
  send_rvalue_case(Hold hold, T& value, Handler handler)
      : hold_(std::move(hold)), value_(&value), handler_(std::move(handler)) {}

  case_desc describe() noexcept { return {hold_.get(), value_, true, false}; }
  void* prepare() noexcept { return value_; }
  void finish(bool) { call_handler(handler_); }

  /// For select_case: the same case owning its value.
  auto own() &&;

 private:
  template <class, class>
  friend class send_owned_case;
  Hold hold_;
  T* value_;
  [[no_unique_address]] Handler handler_;
};

/// As above, with the value inside: what a select_case holds. Nil once the value was sent.
template <class T, class Handler>
class send_owned_case {
 public:
  send_owned_case(core_handle hold, T value, Handler handler)
      : hold_(std::move(hold)), value_(std::move(value)), handler_(std::move(handler)) {}

  case_desc describe() noexcept {
    return {sent_ ? nullptr : hold_.get(), std::addressof(value_), true, false};
  }
  void* prepare() noexcept { return std::addressof(value_); }
  void finish(bool ok) {
    sent_ = ok;
    call_handler(handler_);
  }

 private:
  core_handle hold_;
  T value_;
  bool sent_ = false;
  [[no_unique_address]] Handler handler_;
};

template <class T, class Hold, class Handler>
auto send_rvalue_case<T, Hold, Handler>::own() && {
  return send_owned_case<T, Handler>(hold_.share(), std::move(*value_), std::move(handler_));
}

/// A send of a value that the caller keeps: copied when chosen, or before waiting.
template <class T, class Hold, class Handler>
class send_lvalue_case {
 public:
  using is_channel_case = void;
  using value_type = T;
  send_lvalue_case(Hold hold, const T& value, Handler handler)
      : hold_(std::move(hold)), value_(&value), handler_(std::move(handler)) {}

  case_desc describe() noexcept {
    copy_.reset();  // of a select that performed another case
    if constexpr (std::is_trivially_copyable_v<T>)
      return {hold_.get(), const_cast<T*>(value_), true, false};  // only ever copied from
    else
      return {hold_.get(), nullptr, true, true};
  }
  void* prepare() {
    if constexpr (std::is_trivially_copyable_v<T>)
      return const_cast<T*>(value_);
    else
      return std::addressof(copy_.emplace(*value_));
  }
  void finish(bool) {
    copy_.reset();
    call_handler(handler_);
  }
  auto own() && {
    return send_lvalue_case<T, owned, Handler>({hold_.share()}, *value_, std::move(handler_));
  }

 private:
  struct no_copy {
    void reset() noexcept {}
  };
  Hold hold_;
  const T* value_;
  [[no_unique_address]] std::conditional_t<std::is_trivially_copyable_v<T>, no_copy,
                                           std::optional<T>>
      copy_;
  [[no_unique_address]] Handler handler_;
};

/// What if_recv takes for a handler of T.
template <class F, class T>
concept is_handler = std::is_invocable_v < std::decay_t<F>
&, std::optional < T >> || std::is_invocable_v<std::decay_t<F>&, T> ||
       std::is_invocable_v<std::decay_t<F>&>;

// Where a received value goes. `take` is called with the value, or with null on a closed channel.

struct drop_it {};

template <class T>
struct into {
  T* out;
  bool* ok;
  void take(T* value) {
    if (ok != nullptr) *ok = value != nullptr;
    if (value != nullptr)
      *out = std::move(*value);
    else if constexpr (std::is_default_constructible_v<T>)
      *out = T{};
  }
};

template <class T>
struct into_optional {
  std::optional<T>* out;
  void take(T* value) {
    if (value != nullptr)
      *out = std::move(*value);
    else
      out->reset();
  }
};

template <class T, class F>
struct into_handler {
  F handler;
  void take(T* value) {
    if constexpr (std::is_same_v<T, unit>) {
      if constexpr (std::is_invocable_v<F&, bool>)
        std::invoke(handler, value != nullptr);
      else
        std::invoke(handler);
    } else if constexpr (std::is_invocable_v<F&, std::optional<T>>) {
      // A handler of anything takes T; only one that names the optional (or takes it alone) gets
      // it.
      if (value != nullptr)
        std::invoke(handler, std::optional<T>(std::move(*value)));
      else
        std::invoke(handler, std::optional<T>());
    } else if constexpr (std::is_invocable_v<F&, T>) {
      static_assert(std::is_default_constructible_v<T>,
                    "a handler of T is given T{} on a closed channel: for a T that has no default, "
                    "take std::optional<T>");
      if (value != nullptr)
        std::invoke(handler, std::move(*value));
      else
        std::invoke(handler, T{});
    } else {
      std::invoke(handler);
    }
  }
};

template <class T>
struct into_flag {  // chan<void>: only whether it is open
  bool* ok;
  void take(T* value) { *ok = value != nullptr; }
};

template <class T, class Hold, class Target>
class recv_case {
 public:
  using is_channel_case = void;
  using value_type = T;
  static constexpr bool keeps = !std::is_same_v<Target, drop_it>;

  recv_case(Hold hold, Target target) : hold_(std::move(hold)), target_(std::move(target)) {}

  case_desc describe() noexcept {
    if constexpr (keeps)
      return {hold_.get(), store_.raw(), false, false};
    else
      return {hold_.get(), nullptr, false, false};
  }
  void* prepare() noexcept { return nullptr; }
  void finish(bool ok) {
    if constexpr (keeps) {
      if (ok) {
        T* const value = store_.get();
        struct destroyer {
          T* at;
          ~destroyer() { std::destroy_at(at); }
        } const guard{value};
        target_.take(value);
      } else {
        target_.take(nullptr);
      }
    }
  }
  auto own() && { return recv_case<T, owned, Target>({hold_.share()}, std::move(target_)); }

 private:
  Hold hold_;
  [[no_unique_address]] Target target_;
  struct nothing {};
  [[no_unique_address]] std::conditional_t<keeps, storage<T>, nothing> store_;
};

}  // namespace offset::inline v0::detail
