// What a context is made of.
//
// A node is one step of a derivation: a root, a value, a canceler, or a mark that cancellation
// stops here. It holds its parent. A canceler is a node that can be done; cancelers form trees of
// their own, whose edges are weak: a canceler leaves its parent's list when it is cancelled or
// destroyed.
//
// One lock for each tree of cancelers, in its root (rank lifecycle): it guards the edges, the
// hooks, and the change from live to done. So cancelling is one walk under one lock, after which
// the whole subtree is done, and there is no order of locks between parent and child. Under it
// channels are closed and timers removed (lower ranks); whoever that sets free is made ready after
// it.
//
// Who keeps a canceler: contexts (`refs`) and handles of its done channel. All contexts together
// hold one handle of the channel, whose core lies in the canceler, so the canceler goes with the
// core. A timer that fires, or a stop callback that runs, holds a handle only if there still is
// one.
//
// States of a canceler: live -> canceled or deadline exceeded, once. `state` is written under the
// lock after `cause`, and read anywhere: whoever reads that it is done (acquire) may read `cause`.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>

#include "base/spin_lock.h"
#include "offset/context.hpp"
#include "offset/detail/context_core.hpp"
#include "sched/cancel.h"
#include "timer/heap.h"

namespace offset::inline v0 {

namespace detail {

struct canceler;

struct context_node {
  enum class kind : std::uint8_t {
    background,
    todo,
    value,
    renamed,  // as a value; says what it is by itself
    without_cancel,
    cancel,
    deadline
  };

  context_node(kind k, context_node* p, canceler* c) noexcept : what(k), parent(p), nearest(c) {}
  bool is_canceler() const noexcept { return what >= kind::cancel; }
  bool is_root() const noexcept { return what <= kind::todo; }

  std::atomic<std::size_t> refs{1};  // contexts; roots are not counted
  const kind what;
  context_node* const parent;  // held; null for a root
  canceler* const nearest;     // itself or the nearest above; null when it is never done
  std::unique_ptr<context_value_base> value;
};

struct deadline_timer : timers::node {
  canceler* of = nullptr;
};

/// The done channel. Its core lies first, and is ended by chan_dispose.
struct done_channel {
  explicit done_channel(canceler* c) noexcept;
  chan_core core;
  canceler* of;
};
static_assert(std::is_trivially_destructible_v<chan_core>, "ended once, by chan_dispose");

/// The source of stop_token(): stopped by a hook of its own.
struct stop_hook : sched::cancel_hook {
  std::stop_source source;
  std::atomic<int> refs{1};  // the canceler's, and one while linked
};

struct canceler : context_node {
  static constexpr int live = 0;

  canceler(kind k, context_node* p) noexcept;

  done_channel done;
  std::atomic<int> state{live};
  std::exception_ptr cause;
  canceler* const root;  // of its tree: has the lock
  base::spin_lock lock;  // the root's is used

  // --- under the root's lock
  canceler* up = nullptr;  // null for the root, and once it has left
  canceler* first_child = nullptr;
  canceler* next_sibling = nullptr;
  canceler* prev_sibling = nullptr;
  sched::cancel_hook* first_hook = nullptr;
  std::atomic<stop_hook*> stop{nullptr};  // made on demand; written under the lock

  // --- fixed once it has been made
  deadline_timer timer;
  std::int64_t deadline_ns = 0;
  std::exception_ptr deadline_cause;
  struct stop_link;
  struct end_stop_link {
    void operator()(stop_link* l) const noexcept;
  };
  std::unique_ptr<stop_link, end_stop_link> from_token;
};

/// Makes `c` and everything below it done. False when it was.
bool cancel(canceler& c, int state, const std::exception_ptr& cause) noexcept;
/// Puts a new canceler below `up`, or makes it done as `up` is.
void adopt(canceler& c, canceler& up) noexcept;
/// One more handle unless there is none left.
bool try_hold(canceler& c) noexcept;
void let_go(canceler& c) noexcept;
/// False when `c` is done.
bool link(canceler& c, sched::cancel_hook& h) noexcept;
/// True when it was linked: it will not fire.
bool unlink(canceler& c, sched::cancel_hook& h) noexcept;
/// The source behind stop_token().
std::stop_token token_of(canceler& c);
void follow_token(canceler& c, std::stop_token token);

}  // namespace detail

/// How the library looks into the public handles.
struct detail_context {
  static detail::context_node* node(const context& ctx) noexcept { return ctx.node_.get(); }
  /// Throws panic_error for nil.
  static detail::context_node& checked(const context& ctx);
  /// A copy of `ctx` that to_string calls by this name.
  static context rename(const context& ctx, std::string name);
  static context make(detail::context_node* adopted) noexcept { return context(adopted); }
  static context_with_cancel with_cancel(context ctx) noexcept { return {ctx, cancel_func(ctx)}; }
  static context_with_cancel_cause with_cancel_cause(context ctx) noexcept {
    return {ctx, cancel_cause_func(ctx)};
  }
};

}  // namespace offset::inline v0
