/// \file
/// Channels: typed queues between goroutines, buffered or not. Go's `chan T`.
///
/// A channel is a handle: copying it shares the channel, and the last handle frees it (and destroys
/// the values still in it, once each). A default-constructed handle is nil: its operations wait for
/// ever, and a select never finds it ready. All operations may be called from goroutines and from
/// plain threads, at the same time; a goroutine that waits parks, a thread that waits blocks.
///
/// FIFO among waiters, and a blocked sender's value is never overtaken. The memory model is Go's: a
/// send happens before the matching receive completes, the k-th receive on a channel of capacity C
/// before the (k+C)-th send completes, close before a receive that sees it.
///
/// Each operation costs one locked instruction when nobody has to wait and the element is quiet
/// (detail/element.hpp), O(1) always.
#pragma once

#include <chrono>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <offset/config.hpp>
#include <offset/detail/cases.hpp>
#include <offset/detail/chan_core.hpp>
#include <offset/detail/deadline.hpp>
#include <offset/error.hpp>

namespace offset::inline v0 {

template <class T>
class chan;
template <class T>
class send_chan;
template <class T>
class recv_chan;

namespace detail {

/// What every handle has. The library's own rooms reach the core through `access`.
class handle_base {
 public:
  /// Values waiting in the buffer; 0 for nil. A snapshot. Go: len(c).
  std::size_t len() const noexcept {
    const chan_core* c = core_.get();
    return c == nullptr || c->hides_buffer ? 0 : c->count.load(std::memory_order_relaxed);
  }
  /// Capacity; 0 for unbuffered and nil. Go: cap(c).
  std::size_t cap() const noexcept {
    const chan_core* c = core_.get();
    return c == nullptr || c->hides_buffer ? 0 : c->capacity;
  }
  /// False for nil.
  explicit operator bool() const noexcept { return core_.get() != nullptr; }

 protected:
  handle_base() noexcept = default;
  explicit handle_base(core_handle core) noexcept : core_(std::move(core)) {}
  ~handle_base() = default;
  handle_base(const handle_base&) noexcept = default;
  handle_base(handle_base&&) noexcept = default;
  handle_base& operator=(const handle_base&) noexcept = default;
  handle_base& operator=(handle_base&&) noexcept = default;

 private:
  friend struct access;
  core_handle core_;
};

struct access {
  static chan_core* core(const handle_base& h) noexcept { return h.core_.get(); }
  static const core_handle& share(const handle_base& h) noexcept { return h.core_; }
  static core_handle take(handle_base&& h) noexcept { return std::move(h.core_); }
  template <class Handle>
  static Handle adopt(core_handle core) noexcept {
    return Handle(std::move(core));
  }
};

/// The inlined paths, unless the operation is up to a context: that is looked at first.
template <class T>
bool recv_at_once(chan_core* core, void* out, std::int64_t) noexcept {
  return chan_recv_inline<T>(core, out);
}
template <class T>
bool recv_at_once(chan_core*, void*, const context&) noexcept {
  return false;
}
template <class T>
bool send_at_once(chan_core* core, T& value, std::int64_t) noexcept {
  return chan_send_inline(core, value);
}
template <class T>
bool send_at_once(chan_core*, T&, const context&) noexcept {
  return false;
}

/// `limit`: a deadline, or a context.
template <class T, class Limit>
op_status recv_into(chan_core* core, T& out, const Limit& limit) {
  if constexpr (std::is_scalar_v<T>) {
    if (recv_at_once<T>(core, std::addressof(out), limit)) return op_status::ok;
    return chan_recv(core, std::addressof(out), limit);
  } else {
    storage<T> store;
    if (!recv_at_once<T>(core, store.raw(), limit)) {
      const op_status status = chan_recv(core, store.raw(), limit);
      if (status != op_status::ok) return status;
    }
    struct destroyer {
      T* at;
      ~destroyer() { std::destroy_at(at); }
    } const guard{store.get()};
    out = std::move(*store.get());
    return op_status::ok;
  }
}

template <class T, class Limit>
op_status send_from(chan_core* core, T& value, const Limit& limit) {
  if (send_at_once(core, value, limit)) return op_status::ok;
  return chan_send(core, std::addressof(value), limit);
}

/// Sends `v` as a T, moving from it only when that happens; a value of another type is converted
/// first.
template <class T, class V, class Limit>
op_status send_value(chan_core* core, V&& v, const Limit& limit) {
  if constexpr (std::is_same_v<V, T>) {
    return send_from<T>(core, v, limit);
  } else {
    T copy(std::forward<V>(v));
    return send_from<T>(core, copy, limit);
  }
}

/// The sending half of the interface.
template <class Self, class T>
class send_side {
 public:
  /// Waits until a receiver takes `v` or the buffer has room. Throws closed_channel when the
  /// channel is closed, now or while it waits. On nil it waits for ever. Go: c <- v.
  void send(T v) const {
    if (chan_send_inline(core(), v)) return;
    if (chan_send(core(), std::addressof(v)) != op_status::ok) throw_closed_channel();
  }

  /// Never waits: ok, would_block or closed. Go: a select of one send with a default.
  template <class V = T>
    requires std::is_constructible_v<T, V&&> op_status try_send(V&& v)
  const {
    if (chan_surely_full(core())) return op_status::would_block;
    return send_value<T>(core(), std::forward<V>(v), poll);
  }

  /// Waits at most `d`: ok, timeout or closed. Takes what is ready even when `d` is not positive.
  template <class V = T, class Rep, class Period>
    requires std::is_constructible_v<T, V&&>
        op_status send_for(V&& v, std::chrono::duration<Rep, Period> d)
  const { return send_value<T>(core(), std::forward<V>(v), deadline_after(d)); }
  /// As send_for, up to a point in time of any clock.
  template <class V = T, class Clock, class Duration>
    requires std::is_constructible_v<T, V&&>
        op_status send_until(V&& v, std::chrono::time_point<Clock, Duration> t)
  const { return send_value<T>(core(), std::forward<V>(v), deadline_at(t)); }

  /// Waits until `ctx` is done at most: ok, closed or canceled; canceled as well when it was done
  /// at the start, though the channel is ready.
  template <class V = T>
    requires std::is_constructible_v<T, V&&> op_status send(const context& ctx, V&& v)
  const { return send_value<T>(core(), std::forward<V>(v), ctx); }

  /// Closes the channel: waiting and later receivers get what is buffered, then nothing; senders
  /// panic. Throws panic_error: "close of closed channel", "close of nil channel". Go: close(c).
  void close() const { chan_close(core()); }

  /// A case of select that sends `v`: an lvalue is copied when chosen, an rvalue moved when chosen.
  /// `handler` is called after the send.
  template <class V = T, class H = no_handler>
    requires std::is_same_v<std::remove_cvref_t<V>, T>
  auto if_send(V&& v, H handler = {}) const& {
    return make_send(borrowed{core()}, std::forward<V>(v), std::move(handler));
  }
  template <class V = T, class H = no_handler>
    requires std::is_same_v<std::remove_cvref_t<V>, T>
  auto if_send(V&& v, H handler = {}) && {
    return make_send(owned{access::take(static_cast<Self&&>(*this))}, std::forward<V>(v),
                     std::move(handler));
  }
  /// The same for a value that must be converted to T first.
  template <class V, class H = no_handler>
    requires(!std::is_same_v<std::remove_cvref_t<V>, T> && std::is_convertible_v<V&&, T>)
  auto if_send(V&& v, H handler = {}) const {
    return send_owned_now<H>(access::share(self()), T(std::forward<V>(v)), std::move(handler));
  }

 private:
  template <class H>
  struct send_owned_now : send_owned_case<T, H> {
    using is_channel_case = void;
    using value_type = T;
    using send_owned_case<T, H>::send_owned_case;
    send_owned_case<T, H> own() && { return std::move(*this); }
  };

  template <class Hold, class V, class H>
  static auto make_send(Hold hold, V&& v, H handler) {
    if constexpr (std::is_lvalue_reference_v<V> || std::is_const_v<std::remove_reference_t<V>>)
      return send_lvalue_case<T, Hold, H>(std::move(hold), v, std::move(handler));
    else
      return send_rvalue_case<T, Hold, H>(std::move(hold), v, std::move(handler));
  }
  const Self& self() const noexcept { return static_cast<const Self&>(*this); }
  chan_core* core() const noexcept { return access::core(self()); }
};

template <class Self>
class send_side<Self, void> {
 public:
  void send() const {
    unit u;
    if (chan_send_inline(core(), u)) return;
    if (chan_send(core(), &u) != op_status::ok) throw_closed_channel();
  }
  op_status try_send() const {
    if (chan_surely_full(core())) return op_status::would_block;
    unit u;
    return send_from(core(), u, poll);
  }
  template <class Rep, class Period>
  op_status send_for(std::chrono::duration<Rep, Period> d) const {
    unit u;
    return send_from(core(), u, deadline_after(d));
  }
  template <class Clock, class Duration>
  op_status send_until(std::chrono::time_point<Clock, Duration> t) const {
    unit u;
    return send_from(core(), u, deadline_at(t));
  }
  op_status send(const context& ctx) const {
    unit u;
    return send_from(core(), u, ctx);
  }
  void close() const { chan_close(core()); }

  template <class H = no_handler>
  auto if_send(H handler = {}) const& {
    return send_owned_unit<borrowed, H>(borrowed{core()}, std::move(handler));
  }
  template <class H = no_handler>
  auto if_send(H handler = {}) && {
    return send_owned_unit<owned, H>(owned{access::take(static_cast<Self&&>(*this))},
                                     std::move(handler));
  }

 private:
  template <class Hold, class H>
  class send_owned_unit {
   public:
    using is_channel_case = void;
    using value_type = unit;
    send_owned_unit(Hold hold, H handler) : hold_(std::move(hold)), handler_(std::move(handler)) {}
    case_desc describe() noexcept { return {hold_.get(), &unit_, true, false}; }
    void* prepare() noexcept { return &unit_; }
    void finish(bool) { call_handler(handler_); }
    auto own() && { return send_owned_unit<owned, H>({hold_.share()}, std::move(handler_)); }

   private:
    Hold hold_;
    unit unit_;
    [[no_unique_address]] H handler_;
  };
  chan_core* core() const noexcept { return access::core(static_cast<const Self&>(*this)); }
};

/// What range-for over a channel walks with: each step receives.
template <class T>
class recv_iterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  explicit recv_iterator(chan_core* core) : core_(core) { step(); }
  recv_iterator(recv_iterator&&) noexcept = default;
  recv_iterator& operator=(recv_iterator&&) noexcept = default;

  T& operator*() const noexcept { return *value_; }
  recv_iterator& operator++() {
    step();
    return *this;
  }
  void operator++(int) { step(); }
  bool operator==(std::default_sentinel_t) const noexcept { return !value_; }

 private:
  void step() {
    value_.reset();
    storage<T> store;
    if (!chan_recv_inline<T>(core_, store.raw()) && chan_recv(core_, store.raw()) != op_status::ok)
      return;
    value_.emplace(std::move(*store.get()));
    std::destroy_at(store.get());
  }
  chan_core* core_;
  mutable std::optional<T> value_;
};

/// The receiving half of the interface.
template <class Self, class T>
class recv_side {
 public:
  using value_type = T;

  /// Waits for a value; nullopt once the channel is closed and drained. Go: v, ok := <-c.
  std::optional<T> recv() const {
    storage<T> store;
    if (!chan_recv_inline<T>(core(), store.raw()) &&
        chan_recv(core(), store.raw()) != op_status::ok)
      return std::nullopt;
    std::optional<T> value(std::in_place, std::move(*store.get()));
    std::destroy_at(store.get());
    return value;
  }
  /// As recv(); false once closed and drained: `out` is then T{} when T has a default.
  bool recv(T& out) const {
    if (recv_into(core(), out, forever) == op_status::ok) return true;
    if constexpr (std::is_default_constructible_v<T>) out = T{};
    return false;
  }

  /// Never waits: ok, would_block or closed; `out` is written only for ok.
  op_status try_recv(T& out) const {
    if (chan_surely_empty(core())) return op_status::would_block;
    return recv_into(core(), out, poll);
  }
  /// Waits at most `d`: ok, timeout or closed. Takes what is ready even when `d` is not positive.
  template <class Rep, class Period>
  op_status recv_for(T& out, std::chrono::duration<Rep, Period> d) const {
    return recv_into(core(), out, deadline_after(d));
  }
  template <class Clock, class Duration>
  op_status recv_until(T& out, std::chrono::time_point<Clock, Duration> t) const {
    return recv_into(core(), out, deadline_at(t));
  }

  /// Waits until `ctx` is done at most: ok, closed or canceled; canceled as well when it was done
  /// at the start, though a value is there.
  op_status recv(const context& ctx, T& out) const { return recv_into(core(), out, ctx); }

  /// Cases of select. The value is dropped, or goes to `out` (T{} when closed), to an optional, or
  /// to a handler: of std::optional<T> if it takes that, else of T, else of nothing.
  auto if_recv() const& { return make(borrowed{core()}, drop_it{}); }
  auto if_recv() && { return make(taken(), drop_it{}); }
  auto if_recv(T& out) const& { return make(borrowed{core()}, into<T>{&out, nullptr}); }
  auto if_recv(T& out) && { return make(taken(), into<T>{&out, nullptr}); }
  auto if_recv(T& out, bool& ok) const& { return make(borrowed{core()}, into<T>{&out, &ok}); }
  auto if_recv(T& out, bool& ok) && { return make(taken(), into<T>{&out, &ok}); }
  auto if_recv(std::optional<T>& out) const& {
    return make(borrowed{core()}, into_optional<T>{&out});
  }
  auto if_recv(std::optional<T>& out) && { return make(taken(), into_optional<T>{&out}); }
  template <class F>
    requires is_handler<F, T>
  auto if_recv(F&& handler) const& {
    return make(borrowed{core()}, into_handler<T, std::decay_t<F>>{std::forward<F>(handler)});
  }
  template <class F>
    requires is_handler<F, T>
  auto if_recv(F&& handler) && {
    return make(taken(), into_handler<T, std::decay_t<F>>{std::forward<F>(handler)});
  }

  /// for (T v : c): receives until the channel is closed and drained.
  recv_iterator<T> begin() const { return recv_iterator<T>(core()); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  template <class Hold, class Target>
  static auto make(Hold hold, Target target) {
    return recv_case<T, Hold, Target>(std::move(hold), std::move(target));
  }
  owned taken() noexcept { return owned{access::take(static_cast<Self&&>(*this))}; }
  chan_core* core() const noexcept { return access::core(static_cast<const Self&>(*this)); }
};

template <class Self>
class recv_side<Self, void> {
 public:
  bool recv() const {
    unit u;
    return recv_into(core(), u, forever) == op_status::ok;
  }
  op_status try_recv() const {
    if (chan_surely_empty(core())) return op_status::would_block;
    unit u;
    return recv_into(core(), u, poll);
  }
  template <class Rep, class Period>
  op_status recv_for(std::chrono::duration<Rep, Period> d) const {
    unit u;
    return recv_into(core(), u, deadline_after(d));
  }
  template <class Clock, class Duration>
  op_status recv_until(std::chrono::time_point<Clock, Duration> t) const {
    unit u;
    return recv_into(core(), u, deadline_at(t));
  }
  op_status recv(const context& ctx) const {
    unit u;
    return recv_into(core(), u, ctx);
  }

  auto if_recv() const& { return make(borrowed{core()}, drop_it{}); }
  auto if_recv() && { return make(taken(), drop_it{}); }
  auto if_recv(bool& ok) const& { return make(borrowed{core()}, into_flag<unit>{&ok}); }
  auto if_recv(bool& ok) && { return make(taken(), into_flag<unit>{&ok}); }
  template <class F>
    requires(std::is_invocable_v<F> || std::is_invocable_v<F, bool>)
  auto if_recv(F handler) const& {
    return make(borrowed{core()}, into_handler<unit, F>{std::move(handler)});
  }
  template <class F>
    requires(std::is_invocable_v<F> || std::is_invocable_v<F, bool>)
  auto if_recv(F handler) && { return make(taken(), into_handler<unit, F>{std::move(handler)}); }

  recv_iterator<unit> begin() const { return recv_iterator<unit>(core()); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  template <class Hold, class Target>
  static auto make(Hold hold, Target target) {
    return recv_case<unit, Hold, Target>(std::move(hold), std::move(target));
  }
  owned taken() noexcept { return owned{access::take(static_cast<Self&&>(*this))}; }
  chan_core* core() const noexcept { return access::core(static_cast<const Self&>(*this)); }
};

}  // namespace detail

/// Both ends of a channel. Converts to either end.
template <class T>
class chan : public detail::handle_base,
             public detail::send_side<chan<T>, T>,
             public detail::recv_side<chan<T>, T> {
 public:
  chan() noexcept = default;
  bool operator==(const chan& o) const noexcept {
    return detail::access::core(*this) == detail::access::core(o);
  }

 private:
  friend struct detail::access;
  explicit chan(detail::core_handle core) noexcept : handle_base(std::move(core)) {}
};

/// The sending end. Go: chan<- T.
template <class T>
class send_chan : public detail::handle_base, public detail::send_side<send_chan<T>, T> {
 public:
  send_chan() noexcept = default;
  send_chan(const chan<T>& c) noexcept : handle_base(c) {}
  send_chan(chan<T>&& c) noexcept : handle_base(std::move(c)) {}
  bool operator==(const send_chan& o) const noexcept {
    return detail::access::core(*this) == detail::access::core(o);
  }

 private:
  friend struct detail::access;
  explicit send_chan(detail::core_handle core) noexcept : handle_base(std::move(core)) {}
};

/// The receiving end. Go: <-chan T.
template <class T>
class recv_chan : public detail::handle_base, public detail::recv_side<recv_chan<T>, T> {
 public:
  recv_chan() noexcept = default;
  recv_chan(const chan<T>& c) noexcept : handle_base(c) {}
  recv_chan(chan<T>&& c) noexcept : handle_base(std::move(c)) {}
  bool operator==(const recv_chan& o) const noexcept {
    return detail::access::core(*this) == detail::access::core(o);
  }

 private:
  friend struct detail::access;
  explicit recv_chan(detail::core_handle core) noexcept : handle_base(std::move(core)) {}
};

/// Makes a channel with room for `capacity` values; none: a send waits for its receiver. Throws
/// panic_error "makechan: size out of range" for a negative capacity or one beyond the address
/// space, std::bad_alloc when there is no memory. Go: make(chan T, capacity).
template <class T>
chan<T> make_chan(std::integral auto capacity) {
  // Here and not in the handle, so that a struct may hold a channel of its own kind.
  static_assert(std::is_void_v<T> ||
                    (std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>),
                "a channel's element must be movable and destructible without throwing");
  if (std::cmp_less(capacity, 0)) detail::throw_makechan();
  return detail::access::adopt<chan<T>>(detail::core_handle(detail::chan_make(
      detail::element_ops_of<detail::payload<T>>, static_cast<std::uint64_t>(capacity))));
}
template <class T>
chan<T> make_chan() {
  return make_chan<T>(0);
}

}  // namespace offset::inline v0

namespace offset::inline v0::detail {
template <class Handle>
struct hash_handle {
  std::size_t operator()(const Handle& h) const noexcept {
    return std::hash<const void*>()(access::core(h));
  }
};
}  // namespace offset::inline v0::detail

template <class T>
struct std::hash<offset::chan<T>> : offset::detail::hash_handle<offset::chan<T>> {};
template <class T>
struct std::hash<offset::send_chan<T>> : offset::detail::hash_handle<offset::send_chan<T>> {};
template <class T>
struct std::hash<offset::recv_chan<T>> : offset::detail::hash_handle<offset::recv_chan<T>> {};
