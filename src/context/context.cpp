// The public side of contexts: deriving, asking, after_func.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "context/node.h"
#include "offset/error.hpp"
#include "offset/go.hpp"
#include "sched/bubble.h"
#include "sched/sched.h"

namespace offset::inline v0 {

using detail::canceler;
using detail::context_node;
using kind = context_node::kind;

namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "offset.context"; }
  std::string message(int code) const override {
    return code == static_cast<int>(context_errc::deadline_exceeded) ? "context deadline exceeded"
                                                                     : "context canceled";
  }
  std::error_condition default_error_condition(int code) const noexcept override {
    return std::make_error_condition(code == static_cast<int>(context_errc::deadline_exceeded)
                                         ? std::errc::timed_out
                                         : std::errc::operation_canceled);
  }
};

constexpr int canceled = static_cast<int>(context_errc::canceled);
constexpr int exceeded = static_cast<int>(context_errc::deadline_exceeded);

// Never destroyed: contexts may be asked by destructors of static objects.
context_node* root_node(kind k) {
  static context_node* const background = new context_node(kind::background, nullptr, nullptr);
  static context_node* const todo = new context_node(kind::todo, nullptr, nullptr);
  return k == kind::background ? background : todo;
}

context_node& parent_of(const context& ctx) {
  context_node* const n = detail_context::node(ctx);
  if (n == nullptr) throw panic_error("cannot create context from nil parent");
  return *n;
}

// A canceler below `parent`, as a context.
context new_canceler(const context& parent, kind k) {
  context_node& up = parent_of(parent);
  auto* const c = new canceler(k, &up);
  context made = detail_context::make(c);
  if (up.nearest != nullptr) detail::adopt(*c, *up.nearest);
  return made;
}

// On the carrier that fired the timer, outside every lock.
void deadline_came(void* arg) noexcept {
  auto& c = *static_cast<canceler*>(arg);
  detail::cancel(c, exceeded, c.deadline_cause);
  detail::let_go(c);
}

std::int64_t fire_deadline(timers::node& self, std::int64_t, timers::fired& into) noexcept {
  canceler& c = *static_cast<detail::deadline_timer&>(self).of;
  if (detail::try_hold(c)) into.start[into.starts++] = {deadline_came, &c};
  return base::never;
}

}  // namespace

const std::error_category& context_category() noexcept {
  static const category c;
  return c;
}

context_node& detail_context::checked(const context& ctx) {
  context_node* const n = node(ctx);
  if (n == nullptr) throw panic_error("invalid use of a nil context");
  return *n;
}

context detail_context::rename(const context& ctx, std::string name) {
  context_node& up = checked(ctx);
  auto value = std::make_unique<detail::context_value<std::string>>(std::move(name));
  auto* const n = new context_node(kind::renamed, &up, up.nearest);
  detail::context_retain(&up);
  n->value = std::move(value);
  return make(n);
}

context context::background() noexcept { return context(root_node(kind::background)); }
context context::todo() noexcept { return context(root_node(kind::todo)); }

context_with_cancel context::with_cancel(const context& parent) {
  return detail_context::with_cancel(new_canceler(parent, kind::cancel));
}

context_with_cancel_cause context::with_cancel_cause(const context& parent) {
  return detail_context::with_cancel_cause(new_canceler(parent, kind::cancel));
}

context_with_cancel context::with_deadline(const context& parent, time_point t,
                                           std::exception_ptr cause) {
  parent_of(parent);
  if (const auto sooner = parent.deadline(); sooner && *sooner <= t) return with_cancel(parent);
  context made = new_canceler(parent, kind::deadline);
  canceler& c = *made.node_.get()->nearest;
  c.deadline_ns = detail::to_ns(t.time_since_epoch());
  c.deadline_cause = std::move(cause);
  c.timer.fire = fire_deadline;
  if (c.deadline_ns <= detail::steady_now()) {
    detail::cancel(c, exceeded, c.deadline_cause);
  } else if (c.deadline_ns != base::never) {
    sched::add_timer(c.timer, c.deadline_ns, "context");
    // Its parent may have been cancelled before the timer was set, and nothing else takes it out.
    if (c.state.load(std::memory_order_acquire) != canceler::live) timers::heap::remove(c.timer);
  }
  return detail_context::with_cancel(std::move(made));
}

context context::derive_value(const context& parent, const void* key, const char* name,
                              std::unique_ptr<detail::context_value_base> v) {
  context_node& up = parent_of(parent);
  auto* const n = new context_node(kind::value, &up, up.nearest);
  detail::context_retain(&up);
  v->key = key;
  v->key_name = name;
  n->value = std::move(v);
  return context(n);
}

context context::without_cancel(const context& parent) {
  context_node& up = parent_of(parent);
  auto* const n = new context_node(kind::without_cancel, &up, nullptr);
  detail::context_retain(&up);
  return context(n);
}

context_with_cancel context::with_stop_token(const context& parent, std::stop_token token) {
  context made = new_canceler(parent, kind::cancel);
  detail::follow_token(*made.node_.get()->nearest, std::move(token));
  return detail_context::with_cancel(std::move(made));
}

recv_chan<void> context::done() const {
  canceler* const c = detail_context::checked(*this).nearest;
  if (c == nullptr) return {};
  c->done.core.handles.fetch_add(1, std::memory_order_relaxed);
  return detail::access::adopt<recv_chan<void>>(detail::core_handle(&c->done.core));
}

std::error_code context::err() const noexcept {
  const context_node* const n = node_.get();
  if (n == nullptr || n->nearest == nullptr) return {};
  // Acquire: pairs with the release in cancel; what its caller did is seen.
  const int state = n->nearest->state.load(std::memory_order_acquire);
  if (state == canceler::live) return {};
  return make_error_code(static_cast<context_errc>(state));
}

std::exception_ptr context::cause() const {
  const std::error_code why = err();
  if (!why) return nullptr;
  if (const std::exception_ptr& given = node_.get()->nearest->cause) return given;
  return std::make_exception_ptr(std::system_error(why));
}

std::optional<context::time_point> context::deadline() const noexcept {
  for (const context_node* n = node_.get(); n != nullptr && n->what != kind::without_cancel;
       n = n->parent)
    if (n->what == kind::deadline)
      return time_point(std::chrono::nanoseconds(static_cast<const canceler*>(n)->deadline_ns));
  return std::nullopt;
}

const void* context::find_value(const void* key) const noexcept {
  for (const context_node* n = node_.get(); n != nullptr; n = n->parent)
    if (n->value && n->value->key == key) return n->value->get();
  return nullptr;
}

std::stop_token context::stop_token() const {
  canceler* const c = detail_context::checked(*this).nearest;
  return c != nullptr ? detail::token_of(*c) : std::stop_token();
}

std::string to_string(const context& ctx) {
  std::vector<const context_node*> up;
  for (const context_node* n = ctx.node_.get(); n != nullptr; n = n->parent) up.push_back(n);
  if (up.empty()) return "<nil>";
  std::string text;
  for (auto at = up.rbegin(); at != up.rend(); ++at) {
    const context_node& n = **at;
    switch (n.what) {
      case kind::background: text += "context.Background"; break;
      case kind::todo: text += "context.TODO"; break;
      case kind::value: text += std::string(".WithValue(") + n.value->key_name + ")"; break;
      case kind::renamed: text = *static_cast<const std::string*>(n.value->get()); break;
      case kind::without_cancel: text += ".WithoutCancel"; break;
      case kind::cancel: text += ".WithCancel"; break;
      case kind::deadline: {
        const std::int64_t left =
            static_cast<const canceler&>(n).deadline_ns - detail::steady_now();
        text += ".WithDeadline([" + std::to_string(left / 1'000'000) + "ms])";
        break;
      }
    }
  }
  return text;
}

void cancel_func::operator()() const noexcept {
  sched::schedule_point();
  if (context_node* const n = detail_context::node(ctx_))
    detail::cancel(*n->nearest, canceled, nullptr);
}

void cancel_cause_func::operator()(std::exception_ptr cause) const noexcept {
  sched::schedule_point();
  if (context_node* const n = detail_context::node(ctx_))
    detail::cancel(*n->nearest, canceled, cause);
}

// --- after_func

namespace detail {

// A task that waits for a context to be done. `phase` decides once between those who stop it and
// the context's end; the winner alone touches `of` and `task` from then on. While it is linked, the
// context holds it and it holds the context.
struct after_done : sched::cancel_hook {
  enum : int { armed, stopped, started };
  std::atomic<int> refs{1};  // the handles', one while linked, one of the goroutine
  std::atomic<int> phase{armed};
  context of;  // nil for a context that is never done
  std::unique_ptr<context_task_base> task;

  bool leave_armed(int to) noexcept {
    int from = armed;
    return phase.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }
};

void after_done_retain(after_done* a) noexcept { a->refs.fetch_add(1, std::memory_order_relaxed); }
void after_done_release(after_done* a) noexcept {
  // Acquire-release: the last one sees everything that the others did.
  if (a->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete a;
}

namespace {

// The context is done, and the task has started: in a goroutine. Takes over one reference.
void start(after_done* a) noexcept {
  a->of = context();
  struct runner {
    explicit runner(after_done* self) noexcept : a(self) {}
    runner(runner&& o) noexcept : a(std::exchange(o.a, nullptr)) {}
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;
    runner& operator=(runner&&) = delete;
    ~runner() {
      if (a != nullptr) after_done_release(a);
    }
    void operator()() const {
      const std::unique_ptr<context_task_base> task = std::move(a->task);
      task->run();
    }
    after_done* a;
  };
  runner here(a);
  after_done_retain(a);
  try {
    offset::go(runner(a));
  } catch (...) {
    // No runtime, or no memory for a goroutine: here and now, rather than never.
    here();
  }
}

}  // namespace

}  // namespace detail

using detail::after_done;

after_done* context::add_after(const context& ctx,
                               std::unique_ptr<detail::context_task_base> task) {
  canceler* const c = detail_context::checked(ctx).nearest;
  auto a = std::make_unique<after_done>();
  a->task = std::move(task);
  if (c == nullptr) return a.release();
  a->fire = [](sched::cancel_hook& h) noexcept {
    return static_cast<after_done&>(h).leave_armed(after_done::started)
               ? sched::cancel_action::run
               : sched::cancel_action::nothing;
  };
  a->run = [](sched::cancel_hook& h) noexcept { detail::start(static_cast<after_done*>(&h)); };
  a->of = ctx;
  a->refs.store(2, std::memory_order_relaxed);
  after_done* const made = a.release();
  if (!detail::link(*c, *made)) {
    made->leave_armed(after_done::started);
    detail::start(made);
  }
  return made;
}

bool context_stop::operator()() const noexcept {
  if (of_ == nullptr || !of_->leave_armed(after_done::stopped)) return false;
  after_done& a = *of_;
  const std::unique_ptr<detail::context_task_base> task = std::move(a.task);
  const context of = std::exchange(a.of, context());
  const context_node* const n = detail_context::node(of);
  if (n == nullptr) return true;
  detail::unlink(*n->nearest, a);
  detail::after_done_release(&a);  // the context's
  return true;
}

}  // namespace offset::inline v0
