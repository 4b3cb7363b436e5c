/// \file
/// select: waits for several channel operations and performs exactly one. Go's `select`.
///
/// The index form is meant for `switch`, so that break, continue and return work as in Go:
///
///     switch (offset::select(c.if_send(x), quit.if_recv())) {
///       case 0: …
///       case 1: return;
///     }
///
/// Among the cases that are ready one is chosen uniformly at random; with an `otherwise` the select
/// never waits. The choice is one decision over all channels at one instant. A case that is not
/// chosen is not performed: its value is not moved from, its out parameter not written. A nil
/// channel is never ready. Handlers run on the caller's stack, after the operation and outside
/// every lock.
///
/// An lvalue given to if_send is copied when its case is chosen; a select that has to wait copies
/// it before, because another goroutine may take it at any time then (trivially copyable values
/// excepted).
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <new>
#include <ranges>
#include <span>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <offset/config.hpp>
#include <offset/detail/cases.hpp>
#include <offset/detail/deadline.hpp>
#include <offset/detail/select_core.hpp>

namespace offset::inline v0 {

namespace detail {

template <class H>
class otherwise_case {
 public:
  using is_otherwise_case = void;
  explicit otherwise_case(H handler) : handler_(std::move(handler)) {}
  void finish() { call_handler(handler_); }

 private:
  [[no_unique_address]] H handler_;
};

struct otherwise_maker {
  using is_otherwise_case = void;
  template <class H>
    requires std::is_invocable_v<H&>
  constexpr auto operator()(H handler) const { return otherwise_case<H>(std::move(handler)); }
  void finish() const noexcept {}
};

template <class H>
class timeout_case {
 public:
  using is_timeout_case = void;
  timeout_case(std::int64_t ns, H handler) : ns_(ns), handler_(std::move(handler)) {}
  std::int64_t ns() const noexcept { return ns_; }
  void finish() { call_handler(handler_); }

 private:
  std::int64_t ns_;
  [[no_unique_address]] H handler_;
};

template <class C>
concept channel_case = requires {
  typename std::remove_cvref_t<C>::is_channel_case;
};
template <class C>
concept otherwise_like = requires {
  typename std::remove_cvref_t<C>::is_otherwise_case;
};
template <class C>
concept timeout_like = requires {
  typename std::remove_cvref_t<C>::is_timeout_case;
};
struct select_list;

template <class C>
concept any_case = channel_case<C> || otherwise_like<C> || timeout_like<C>;

}  // namespace detail

/// The case that is taken when no other is ready. Go: default. Write `otherwise`, or
/// `otherwise(handler)`.
inline constexpr detail::otherwise_maker otherwise{};

/// The case that is taken when no other became ready within `d`, with no channel made. What is
/// ready beats it even at zero. Go: case <-time.After(d).
template <class Rep, class Period>
auto timeout(std::chrono::duration<Rep, Period> d) {
  return detail::timeout_case<detail::no_handler>(detail::to_ns(d), {});
}
template <class Rep, class Period, class H>
  requires std::is_invocable_v<H&>
auto timeout(std::chrono::duration<Rep, Period> d, H handler) {
  return detail::timeout_case<H>(detail::to_ns(d), std::move(handler));
}

/// A case whose type is erased, for lists made at run time (Go: reflect.SelectCase). Made from any
/// case; it shares the channel. One made from `if_send(rvalue)` owns the value and is nil once it
/// was sent. Copies share that value and their handlers. Default-constructed it is never ready.
class select_case {
 public:
  select_case() noexcept = default;
  template <class C>
    requires(detail::any_case<C> && !std::is_lvalue_reference_v<C>)
  select_case(C&& c) : node_(make(std::forward<C>(c))) {}
  select_case(const detail::otherwise_maker& o) : node_(make(detail::otherwise_maker(o))) {}

 private:
  friend struct detail::select_list;

  enum class kind : std::uint8_t { is_channel, is_otherwise, is_timeout };
  struct node {
    explicit node(kind k) noexcept : what(k) {}
    node(const node&) = delete;
    node& operator=(const node&) = delete;
    virtual ~node() = default;
    virtual detail::case_desc describe() = 0;
    virtual void* prepare() = 0;
    virtual void finish(bool ok) = 0;
    kind what;
    std::int64_t wait_ns = 0;
  };
  template <class C>
  struct channel_node final : node {
    explicit channel_node(C&& c) : node(kind::is_channel), of(std::move(c)) {}
    detail::case_desc describe() override { return of.describe(); }
    void* prepare() override { return of.prepare(); }
    void finish(bool ok) override { of.finish(ok); }
    C of;
  };
  template <class C>
  struct marker_node final : node {
    marker_node(kind k, C&& c) : node(k), of(std::move(c)) {}
    detail::case_desc describe() override { return {}; }
    void* prepare() override { return nullptr; }
    void finish(bool) override { of.finish(); }
    C of;
  };

  template <class C>
  static std::shared_ptr<node> make(C&& c) {
    if constexpr (detail::channel_case<C>) {
      using own = decltype(std::forward<C>(c).own());
      return std::make_shared<channel_node<own>>(std::forward<C>(c).own());
    } else if constexpr (detail::otherwise_like<C>) {
      return std::make_shared<marker_node<std::remove_cvref_t<C>>>(kind::is_otherwise,
                                                                   std::forward<C>(c));
    } else {
      const std::int64_t ns = c.ns();
      auto made = std::make_shared<marker_node<std::remove_cvref_t<C>>>(kind::is_timeout,
                                                                        std::forward<C>(c));
      made->wait_ns = ns;
      return made;
    }
  }

  std::shared_ptr<node> node_;
};

namespace detail {

/// How the run-time form looks into a select_case.
struct select_list {
  static bool is_channel(const select_case& c) noexcept {
    return !c.node_ || c.node_->what == select_case::kind::is_channel;
  }
  static bool is_otherwise(const select_case& c) noexcept {
    return c.node_ && c.node_->what == select_case::kind::is_otherwise;
  }
  static std::int64_t wait_ns(const select_case& c) noexcept { return c.node_->wait_ns; }
  static detail::case_desc describe(const select_case& c) {
    return c.node_ ? c.node_->describe() : detail::case_desc{};
  }
  static void* prepare(const select_case& c) { return c.node_ ? c.node_->prepare() : nullptr; }
  static void finish(const select_case& c, bool ok) {
    if (c.node_) c.node_->finish(ok);
  }
};

template <class At>
void prepare_case(case_desc& desc, std::size_t index, At& at) {
  at(index, [&desc](auto& c) { desc.elem = c.prepare(); });
  desc.unprepared = false;
}

/// Runs select_run until it has performed a case or found none. `at` is called as at(i, f) and
/// calls f with the i-th channel case; answers the index of the channel case, or `n` for none.
template <class At>
std::size_t select_loop(case_desc* descs, select_slot* slots, std::size_t n, std::int64_t wait_ns,
                        bool& ok, At&& at) {
  for (;;) {
    if (wait_ns == poll && select_surely_not_ready(descs, n)) return n;
    const select_result result = select_run(descs, slots, n, wait_ns);
    switch (result.what) {
      case select_result::kind::performed: ok = result.ok; return result.index;
      case select_result::kind::not_ready: return n;
      case select_result::kind::closed_send: throw_closed_channel();
      case select_result::kind::prepare: prepare_case(descs[result.index], result.index, at); break;
      case select_result::kind::prepare_all:
        for (std::size_t i = 0; i < n; ++i)
          if (descs[i].unprepared) prepare_case(descs[i], i, at);
        break;
    }
  }
}

template <class... C>
struct select_shape {
  static constexpr std::size_t size = sizeof...(C);
  static constexpr std::size_t channels = (0 + ... + (channel_case<C> ? 1 : 0));
  static constexpr std::size_t otherwises = (0 + ... + (otherwise_like<C> ? 1 : 0));
  static constexpr std::size_t timeouts = (0 + ... + (timeout_like<C> ? 1 : 0));
  /// Position of each channel case among the channel cases.
  static constexpr std::array<std::size_t, size> rank = [] {
    constexpr bool is[] = {channel_case<C>...};
    std::array<std::size_t, size> r{};
    std::size_t next = 0;
    for (std::size_t i = 0; i < size; ++i) r[i] = is[i] ? next++ : 0;
    return r;
  }();
};

template <class... C, std::size_t... I>
std::size_t select_fixed(std::index_sequence<I...>, C&... cases) {
  using shape = select_shape<C...>;
  static_assert(shape::otherwises <= 1, "a select has at most one otherwise");
  static_assert(shape::timeouts <= 1, "a select has at most one timeout");
  constexpr std::size_t n = shape::channels;
  std::array<case_desc, (n > 0 ? n : 1)> descs;
  std::int64_t wait_ns = shape::otherwises > 0 ? poll : forever;
  (
      [&] {
        if constexpr (channel_case<C>)
          descs[shape::rank[I]] = cases.describe();
        else if constexpr (timeout_like<C>)
          if (shape::otherwises == 0) wait_ns = cases.ns();
      }(),
      ...);
  bool ok = false;
  [[maybe_unused]] std::size_t chosen = n;
  if (!(wait_ns == poll && select_surely_not_ready(descs.data(), n))) {
    std::array<select_slot, (n > 0 ? n : 1)> slots;
    chosen = select_loop(descs.data(), slots.data(), n, wait_ns, ok,
                         [&]([[maybe_unused]] std::size_t index, auto&& f) {
                           (
                               [&] {
                                 if constexpr (channel_case<C>)
                                   if (shape::rank[I] == index) f(cases);
                               }(),
                               ...);
                         });
  }
  std::size_t position = 0;
  (
      [&] {
        if constexpr (channel_case<C>) {
          if (chosen == shape::rank[I]) {
            position = I;
            cases.finish(ok);
          }
        } else if constexpr (otherwise_like<C> || shape::otherwises == 0) {
          if (chosen == n) {
            position = I;
            cases.finish();
          }
        }
      }(),
      ...);
  return position;
}

}  // namespace detail

/// Waits until one of the cases can be performed, performs it, and answers its index in argument
/// order, counting `otherwise` and `timeout` too. Without any case it waits for ever. Throws
/// closed_channel when the chosen case sends to a closed channel. O(n) for n cases.
template <class... C>
  requires(detail::any_case<C>&&...)
std::size_t select(C&&... cases) {
  return detail::select_fixed<std::remove_reference_t<C>...>(std::index_sequence_for<C...>{},
                                                             cases...);
}

/// The same over a list made at run time: span, vector, array, of any length; the cases are not
/// copied. Go: reflect.Select. Throws std::invalid_argument for two defaults or two timeouts.
template <std::ranges::forward_range R>
  requires std::convertible_to < std::ranges::range_reference_t<R>,
const select_case& > std::size_t select(R&& list) {
  using walk = detail::select_list;
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::vector<const select_case*> channels;
  std::vector<std::size_t> positions;
  std::size_t otherwise_at = none;
  std::size_t timeout_at = none;
  const select_case* otherwise_case = nullptr;
  const select_case* timeout_case = nullptr;
  std::size_t position = 0;
  for (const select_case& c : list) {
    if (walk::is_channel(c)) {
      channels.push_back(&c);
      positions.push_back(position);
    } else if (walk::is_otherwise(c)) {
      if (otherwise_at != none) throw std::invalid_argument("offset: select: two defaults");
      otherwise_at = position;
      otherwise_case = &c;
    } else {
      if (timeout_at != none) throw std::invalid_argument("offset: select: two timeouts");
      timeout_at = position;
      timeout_case = &c;
    }
    ++position;
  }
  const std::size_t n = channels.size();
  std::vector<detail::case_desc> descs(n);
  for (std::size_t i = 0; i < n; ++i) descs[i] = walk::describe(*channels[i]);
  std::int64_t wait_ns = detail::forever;
  if (otherwise_at != none)
    wait_ns = detail::poll;
  else if (timeout_at != none)
    wait_ns = walk::wait_ns(*timeout_case);
  std::vector<detail::select_slot> slots(n);
  bool ok = false;
  struct view {
    const select_case* of;
    void* prepare() const { return walk::prepare(*of); }
  };
  const std::size_t chosen = detail::select_loop(descs.data(), slots.data(), n, wait_ns, ok,
                                                 [&](std::size_t index, auto&& f) {
                                                   view v{channels[index]};
                                                   f(v);
                                                 });
  if (chosen < n) {
    walk::finish(*channels[chosen], ok);
    return positions[chosen];
  }
  if (otherwise_at != none) {
    walk::finish(*otherwise_case, false);
    return otherwise_at;
  }
  walk::finish(*timeout_case, false);
  return timeout_at;
}

inline std::size_t select(std::initializer_list<select_case> list) {
  return select(std::span<const select_case>(list.begin(), list.size()));
}

}  // namespace offset::inline v0
