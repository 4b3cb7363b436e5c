// Contexts: deriving, cancelling, deadlines, values, stop tokens, after_func, and what keeps what.
// Waiting with a context is in context_waits_test.cpp.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/program.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::context;
using offset::context_errc;
using offset::context_key;
using offset::op_status;
using offset::run;
using std::chrono::steady_clock;

namespace {

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const offset::panic_error& e) {
    return e.what();
  }
  return "(no panic)";
}

std::string text_of(const std::exception_ptr& e) {
  if (!e) return "(null)";
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& x) {
    return x.what();
  }
}

std::error_code code_of(const std::exception_ptr& e) {
  if (!e) return {};
  try {
    std::rethrow_exception(e);
  } catch (const std::system_error& x) {
    return x.code();
  } catch (...) {
    return {};
  }
}

/// Spins, for races, but not for long: the other may need this CPU.
template <class Condition>
void spin_until(Condition condition) {
  for (int i = 0; !condition(); ++i)
    if (i % 1'000 == 999) std::this_thread::yield();
}

bool is_closed(const context& ctx) { return ctx.done().try_recv() == op_status::closed; }

void expect_live(const context& ctx, const char* name) {
  EXPECT_FALSE(ctx.err()) << name;
  EXPECT_FALSE(ctx.cause()) << name;
  EXPECT_EQ(ctx.done().try_recv(), op_status::would_block) << name;
  EXPECT_FALSE(ctx.stop_token().stop_requested()) << name;
}

void expect_done(const context& ctx, context_errc why, const char* name) {
  EXPECT_EQ(ctx.err(), why) << name;
  EXPECT_TRUE(ctx.cause()) << name;
  EXPECT_TRUE(is_closed(ctx)) << name;
  EXPECT_TRUE(ctx.stop_token().stop_requested()) << name;
}

// --- roots and nil

TEST(Context, Roots) {
  for (const context& root : {context::background(), context::todo()}) {
    EXPECT_TRUE(root);
    EXPECT_FALSE(root.done()) << "nil: never done";
    EXPECT_FALSE(root.err());
    EXPECT_FALSE(root.cause());
    EXPECT_FALSE(root.deadline());
    EXPECT_FALSE(root.stop_token().stop_possible());
    EXPECT_EQ(root.value(context_key<int>()), nullptr);
  }
  EXPECT_TRUE(context::background() == context::background());
  EXPECT_FALSE(context::background() == context::todo());
  EXPECT_EQ(to_string(context::background()), "context.Background");
  EXPECT_EQ(to_string(context::todo()), "context.TODO");
}

TEST(Context, Nil) {
  const std::string underivable = "cannot create context from nil parent";
  const std::string unusable = "invalid use of a nil context";
  const context_key<int> key;
  const context nil;
  EXPECT_FALSE(nil);
  EXPECT_TRUE(nil == context());
  EXPECT_FALSE(nil == context::background());
  EXPECT_EQ(to_string(nil), "<nil>");
  EXPECT_FALSE(nil.err());
  EXPECT_FALSE(nil.cause());
  EXPECT_FALSE(nil.deadline());
  EXPECT_EQ(nil.value(key), nullptr);
  EXPECT_EQ(panic_of([&] { context::with_cancel(nil); }), underivable);
  EXPECT_EQ(panic_of([&] { context::with_cancel_cause(nil); }), underivable);
  EXPECT_EQ(panic_of([&] { context::with_deadline(nil, steady_clock::now()); }), underivable);
  EXPECT_EQ(panic_of([&] { context::with_timeout(nil, 1h); }), underivable);
  EXPECT_EQ(panic_of([&] { context::with_value(nil, key, 1); }), underivable);
  EXPECT_EQ(panic_of([&] { context::without_cancel(nil); }), underivable);
  EXPECT_EQ(panic_of([&] { context::with_stop_token(nil, {}); }), underivable);
  EXPECT_EQ(panic_of([&] { context::after_func(nil, [] {}); }), unusable);
  EXPECT_EQ(panic_of([&] { nil.done(); }), unusable);
  EXPECT_EQ(panic_of([&] { static_cast<void>(nil.if_done()); }), unusable);
  EXPECT_EQ(panic_of([&] { nil.stop_token(); }), unusable);
  EXPECT_EQ(panic_of([&] { offset::time::sleep(nil, 1ms); }), unusable);
  int v = 0;
  EXPECT_EQ(panic_of([&] { offset::make_chan<int>(1).recv(nil, v); }), unusable);
  EXPECT_EQ(panic_of([&] { offset::make_chan<int>(1).send(nil, 1); }), unusable);
}

TEST(Context, ErrorCodes) {
  const std::error_code canceled = context_errc::canceled;
  const std::error_code exceeded = context_errc::deadline_exceeded;
  EXPECT_EQ(canceled.message(), "context canceled");
  EXPECT_EQ(exceeded.message(), "context deadline exceeded");
  EXPECT_TRUE(canceled == std::errc::operation_canceled);
  EXPECT_TRUE(exceeded == std::errc::timed_out);
  EXPECT_FALSE(canceled == std::errc::timed_out);
  EXPECT_FALSE(exceeded == std::errc::operation_canceled);
  EXPECT_NE(canceled, exceeded);
  EXPECT_EQ(&canceled.category(), &offset::context_category());
}

// --- cancel

TEST(Context, CancelReachesAllBelowAndNothingElse) {
  const context_key<int> key("key");
  auto [parent, cancel_parent] = context::with_cancel(context::background());
  auto [ctx, cancel] = context::with_cancel(parent);
  auto [sibling, cancel_sibling] = context::with_cancel(parent);
  const context value = context::with_value(ctx, key, 1);
  auto [child, cancel_child] = context::with_cancel(value);
  auto [grandchild, cancel_grandchild] = context::with_cancel(child);
  const context apart = context::without_cancel(grandchild);
  for (const context& c : {parent, ctx, sibling, value, child, grandchild})
    expect_live(c, to_string(c).c_str());
  cancel();
  for (const context& c : {ctx, value, child, grandchild})
    expect_done(c, context_errc::canceled, to_string(c).c_str());
  expect_live(parent, "parent");
  expect_live(sibling, "sibling");
  EXPECT_FALSE(apart.err());
  // Any number of times, by any copy, and by those below.
  cancel();
  const offset::cancel_func copy = cancel;
  copy();
  cancel_grandchild();
  expect_live(parent, "parent");
  cancel_parent();
  expect_done(parent, context_errc::canceled, "parent");
  expect_done(sibling, context_errc::canceled, "sibling");
  EXPECT_FALSE(apart.err());
}

TEST(Context, DefaultCancelDoesNothing) {
  offset::cancel_func()();
  offset::cancel_cause_func()();
  offset::cancel_cause_func()(std::runtime_error("x"));
}

TEST(Context, BelowADoneContextAllIsDone) {
  auto [ctx, cancel] = context::with_cancel_cause(context::background());
  cancel(std::runtime_error("why"));
  auto [child, c1] = context::with_cancel(ctx);
  auto [cause_child, c2] = context::with_cancel_cause(ctx);
  auto [past, c3] = context::with_deadline(ctx, steady_clock::now() - 1s);
  std::stop_source source;
  auto [token, c4] = context::with_stop_token(ctx, source.get_token());
  c2(std::runtime_error("too late"));
  for (const context& c : {child, cause_child, past, token}) {
    expect_done(c, context_errc::canceled, to_string(c).c_str());
    EXPECT_EQ(text_of(c.cause()), "why");
  }
}

TEST(Context, ADeadlineBelowADoneContextNeedsNoRuntime) {
  auto [ctx, cancel] = context::with_cancel(context::background());
  cancel();
  auto [child, c] = context::with_timeout(ctx, 1h);
  expect_done(child, context_errc::canceled, "child");
  EXPECT_TRUE(child.deadline());
}

TEST(Context, Cause) {
  auto [ctx, cancel] = context::with_cancel_cause(context::background());
  auto [child, cancel_child] = context::with_cancel_cause(ctx);
  auto [plain, cancel_plain] = context::with_cancel(ctx);
  EXPECT_FALSE(ctx.cause());
  // A child's own end is its own; what comes later changes nothing.
  cancel_child(std::runtime_error("the child's"));
  cancel(std::runtime_error("the parent's"));
  cancel(std::runtime_error("second"));
  EXPECT_EQ(text_of(ctx.cause()), "the parent's");
  EXPECT_EQ(text_of(child.cause()), "the child's");
  EXPECT_EQ(text_of(plain.cause()), "the parent's");
  EXPECT_EQ(ctx.err(), context_errc::canceled);
  EXPECT_EQ(child.err(), context_errc::canceled);
  // None given: err.
  auto [bare, cancel_bare] = context::with_cancel_cause(context::background());
  cancel_bare();
  EXPECT_EQ(code_of(bare.cause()), context_errc::canceled);
  auto [other, cancel_other] = context::with_cancel(context::background());
  cancel_other();
  EXPECT_EQ(code_of(other.cause()), context_errc::canceled);
  // Of any type.
  auto [odd, cancel_odd] = context::with_cancel_cause(context::background());
  cancel_odd(std::make_exception_ptr(42));
  EXPECT_THROW(std::rethrow_exception(odd.cause()), int);
}

TEST(Context, OneOfManyCancelsCounts) {
  for (int round = 0; round < 100; ++round) {
    auto [ctx, cancel] = context::with_cancel_cause(context::background());
    std::vector<context> below;
    context at = ctx;
    for (int i = 0; i < 5; ++i) below.push_back(at = context::with_cancel(at).ctx);
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&, t, cancel = cancel] {
        ++ready;
        spin_until([&] { return ready.load() == 3; });
        cancel(std::runtime_error(std::to_string(t)));
        // Synchronous, though another may be the one that does it.
        for (const context& c : below) {
          EXPECT_EQ(c.err(), context_errc::canceled);
          EXPECT_TRUE(is_closed(c));
        }
      });
    for (auto& t : threads) t.join();
    const std::string why = text_of(ctx.cause());
    for (const context& c : below) EXPECT_EQ(text_of(c.cause()), why);
  }
}

// Who has been told of the end by err() finds the cause and the closed channel, and the other way
// round.
TEST(Context, ErrDoneAndCauseGoTogether) {
  for (int round = 0; round < 1'000; ++round) {
    auto [ctx, cancel] = context::with_cancel_cause(context::background());
    const auto [child_of_it, cancel_child] = context::with_cancel(ctx);
    const context& child = child_of_it;
    std::atomic<bool> go{false};
    std::thread canceler([&, cancel = cancel] {
      spin_until([&] { return go.load(); });
      cancel(std::runtime_error("why"));
    });
    go.store(true);
    if (round % 2 == 0) {
      spin_until([&] { return static_cast<bool>(child.err()); });
      EXPECT_EQ(child.done().try_recv(), op_status::closed);
    } else {
      spin_until([&] { return is_closed(child); });
      EXPECT_EQ(child.err(), context_errc::canceled);
    }
    EXPECT_EQ(text_of(child.cause()), "why");
    canceler.join();
    if (HasFailure()) return;
  }
}

// --- deadlines

TEST(ContextDeadline, Comes) {
  run([] {
    const auto t = steady_clock::now() + 2ms;
    auto [ctx, cancel] = context::with_deadline(context::background(), t);
    EXPECT_EQ(ctx.deadline(), t);
    auto [child, cancel_child] = context::with_cancel(ctx);
    EXPECT_EQ(child.deadline(), t);
    EXPECT_FALSE(child.done().recv());
    EXPECT_GE(steady_clock::now(), t);
    expect_done(child, context_errc::deadline_exceeded, "child");
    EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
    EXPECT_EQ(code_of(ctx.cause()), context_errc::deadline_exceeded);
    EXPECT_TRUE(ctx.err() == std::errc::timed_out);
    cancel();
    EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded) << "the first end counts";
  });
}

TEST(ContextDeadline, Cause) {
  run([] {
    const auto slow = std::make_exception_ptr(std::runtime_error("too slow"));
    auto [ctx, cancel] = context::with_timeout(context::background(), 1ms, slow);
    ctx.done().recv();
    EXPECT_EQ(text_of(ctx.cause()), "too slow");
    EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
    auto [past, c1] = context::with_deadline(context::background(), steady_clock::now(), slow);
    EXPECT_EQ(text_of(past.cause()), "too slow");
    // Only if the time is what ended it.
    auto [early, cancel_early] = context::with_timeout(context::background(), 1h, slow);
    cancel_early();
    EXPECT_EQ(code_of(early.cause()), context_errc::canceled);
  });
}

TEST(ContextDeadline, PastAndNowAreDoneAtOnce) {
  // Needs no runtime either.
  for (const auto t : {steady_clock::now(), steady_clock::now() - 1ms,
                       steady_clock::time_point::min(), steady_clock::time_point()}) {
    auto [ctx, cancel] = context::with_deadline(context::background(), t);
    expect_done(ctx, context_errc::deadline_exceeded, "past");
    cancel();
    EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
  }
  for (const auto d : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
    auto [ctx, cancel] = context::with_timeout(context::background(), d);
    expect_done(ctx, context_errc::deadline_exceeded, "not positive");
  }
}

TEST(ContextDeadline, TooFarToCountNeverComes) {
  // And so needs no runtime.
  auto [ctx, cancel] =
      context::with_deadline(context::background(), steady_clock::time_point::max());
  expect_live(ctx, "max");
  cancel();
  expect_done(ctx, context_errc::canceled, "max");
  auto [hours, cancel_hours] =
      context::with_timeout(context::background(), std::chrono::hours::max());
  expect_live(hours, "hours");
  run([] {
    auto [far, cancel_far] =
        context::with_timeout(context::background(), std::chrono::nanoseconds::max() - 1ns);
    expect_live(far, "far");
    cancel_far();
    expect_done(far, context_errc::canceled, "far");
  });
}

TEST(ContextDeadline, TheSoonerCounts) {
  run([] {
    auto [soon, cancel_soon] = context::with_timeout(context::background(), 2ms);
    auto [late, cancel_late] = context::with_timeout(soon, 1h);
    EXPECT_EQ(late.deadline(), soon.deadline());
    auto [sooner, cancel_sooner] = context::with_timeout(late, 1us);
    EXPECT_LT(*sooner.deadline(), *soon.deadline());
    sooner.done().recv();
    EXPECT_EQ(sooner.err(), context_errc::deadline_exceeded);
    late.done().recv();
    EXPECT_EQ(late.err(), context_errc::deadline_exceeded);
    EXPECT_TRUE(soon.err());
  });
}

TEST(ContextDeadline, WithoutARuntime) {
  EXPECT_THROW(context::with_timeout(context::background(), 1h), std::logic_error);
  auto [parent, cancel] = context::with_cancel(context::background());
  EXPECT_THROW(context::with_timeout(parent, 1h), std::logic_error);
  cancel();  // what was half made is gone from its parent
}

TEST(ContextDeadline, OutlivesItsRuntime) {
  context ctx;
  offset::cancel_func cancel;
  context dropped;
  run([&] {
    auto made = context::with_timeout(context::background(), 1h);
    ctx = made.ctx;
    cancel = made.cancel;
    dropped = context::with_timeout(context::background(), 1h).ctx;
  });
  expect_live(ctx, "after run");
  run([&] { dropped = context(); });
  cancel();
  expect_done(ctx, context_errc::canceled, "after run");
}

TEST(ContextDeadline, FromPlainThreads) {
  offset::runtime world;
  auto [ctx, cancel] = context::with_timeout(context::background(), 2ms);
  ctx.done().recv();
  EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
}

// A timer that is left would keep the program from being found deadlocked.
PROGRAM(canceled_deadline) {
  return run([] {
    auto [ctx, cancel] = context::with_timeout(context::background(), 1h);
    cancel();
    offset::make_chan<int>().recv();
  });
}
PROGRAM(canceled_deadline_above) {
  return run([] {
    auto [parent, cancel] = context::with_cancel(context::background());
    auto [ctx, cancel_ctx] = context::with_timeout(parent, 1h);
    cancel();
    offset::make_chan<int>().recv();
  });
}
PROGRAM(dropped_deadline) {
  return run([] {
    context::with_timeout(context::background(), 1h);
    offset::make_chan<int>().recv();
  });
}
PROGRAM(deadline_that_holds) {
  return run([] {
    auto [ctx, cancel] = context::with_timeout(context::background(), 50ms);
    ctx.done().recv();
  });
}

TEST(ContextDeadline, LeavesNoTimer) {
  for (const char* name : {"canceled_deadline", "canceled_deadline_above", "dropped_deadline"}) {
    const auto o = test::run_program(name);
    EXPECT_EQ(o.status, 2) << name << o.err;
    EXPECT_FALSE(o.timed_out) << name;
    EXPECT_TRUE(o.err_has("all goroutines are asleep - deadlock!")) << name << o.err;
  }
  EXPECT_EQ(test::run_program("deadline_that_holds").status, 0) << "a deadline is no deadlock";
}

// --- values

TEST(ContextValue, TypedKeys) {
  const context_key<std::string> user("user");
  const context_key<std::string> same_name("user");
  const context_key<int> number("number");
  const context c1 = context::with_value(context::background(), user, "ann");
  const context c2 = context::with_value(c1, number, 7);
  ASSERT_NE(c2.value(user), nullptr);
  EXPECT_EQ(*c2.value(user), "ann");
  EXPECT_EQ(*c2.value(number), 7);
  EXPECT_EQ(c2.value(same_name), nullptr) << "the object is the key";
  EXPECT_EQ(c1.value(number), nullptr);
  const context c3 = context::with_value(c2, user, std::string("bob"));
  EXPECT_EQ(*c3.value(user), "bob");
  EXPECT_EQ(*c2.value(user), "ann");
  EXPECT_EQ(c3.value(number), c2.value(number)) << "not copied";
  // Through everything.
  auto [canceled, cancel] = context::with_cancel(c3);
  cancel();
  EXPECT_EQ(*context::without_cancel(canceled).value(user), "bob");
  EXPECT_EQ(*canceled.value(number), 7);
}

TEST(ContextValue, OfAnyType) {
  const context_key<std::unique_ptr<int>> moved("moved");
  const context_key<const char*> pointer("pointer");
  const context a = context::with_value(context::background(), moved, std::make_unique<int>(3));
  EXPECT_EQ(**a.value(moved), 3);
  const context b = context::with_value(a, pointer, nullptr);
  ASSERT_NE(b.value(pointer), nullptr) << "a value that is null is a value";
  EXPECT_EQ(*b.value(pointer), nullptr);
}

template <class Key>
concept is_key = requires(Key key) {
  context::with_value(context::background(), std::forward<Key>(key), 1);
};
static_assert(is_key<const context_key<int>&> && is_key<context_key<int>&>);
static_assert(!is_key<context_key<int>> && !is_key<const context_key<int>>,
              "a temporary is no key: another may come to lie where it was");
static_assert(!std::is_copy_constructible_v<context_key<int>>);

TEST(ContextValue, ToString) {
  const context_key<std::string> user("user");
  const context_key<int> number("number");
  const context_key<const char*> text("text");
  auto [ctx, cancel] = context::with_cancel(context::background());
  EXPECT_EQ(to_string(ctx), "context.Background.WithCancel");
  const context c1 = context::with_value(ctx, user, "ann");
  EXPECT_EQ(to_string(c1), "context.Background.WithCancel.WithValue(user, ann)");
  const context c2 = context::with_value(context::without_cancel(c1), number, 7);
  EXPECT_EQ(to_string(c2),
            "context.Background.WithCancel.WithValue(user, ann).WithoutCancel.WithValue(number)");
  EXPECT_EQ(to_string(context::with_value(context::todo(), text, "a")),
            "context.TODO.WithValue(text, a)");
  EXPECT_EQ(to_string(context::with_value(context::todo(), text, nullptr)),
            "context.TODO.WithValue(text, <nil>)");
  const context_key<int> unnamed;
  EXPECT_EQ(to_string(context::with_value(context::todo(), unnamed, 1)),
            "context.TODO.WithValue(key)");
  run([] {
    auto [timed, stop] = context::with_timeout(context::background(), 1h);
    EXPECT_TRUE(to_string(timed).starts_with("context.Background.WithDeadline("));
  });
}

TEST(ContextValue, WithoutCancel) {
  run([] {
    const context_key<int> key("key");
    auto [timed, stop] = context::with_timeout(context::background(), 1h);
    const context ctx = context::without_cancel(context::with_value(timed, key, 1));
    EXPECT_FALSE(ctx.done());
    EXPECT_FALSE(ctx.deadline());
    EXPECT_FALSE(ctx.stop_token().stop_possible());
    stop();
    EXPECT_FALSE(ctx.err());
    EXPECT_FALSE(ctx.cause());
    EXPECT_EQ(*ctx.value(key), 1);
    auto [child, cancel] = context::with_cancel(ctx);
    expect_live(child, "child");
    cancel();
    expect_done(child, context_errc::canceled, "child");
  });
}

// --- stop tokens

TEST(ContextStopToken, IsStoppedWithTheContext) {
  auto [ctx, cancel] = context::with_cancel(context::background());
  const auto [child_of_it, cancel_child] = context::with_cancel(ctx);
  const context& child = child_of_it;
  const std::stop_token token = child.stop_token();
  EXPECT_TRUE(token.stop_possible());
  EXPECT_EQ(token, child.stop_token()) << "the same one";
  int called = 0;
  const std::stop_callback callback(token, [&] {
    EXPECT_TRUE(child.err());
    ++called;
  });
  cancel();
  EXPECT_EQ(called, 1) << "by the one who cancels";
  EXPECT_TRUE(token.stop_requested());
  bool at_once = false;
  const std::stop_callback late(child.stop_token(), [&] { at_once = true; });
  EXPECT_TRUE(at_once);
}

TEST(ContextStopToken, OfADoneContext) {
  auto [ctx, cancel] = context::with_cancel(context::background());
  cancel();
  EXPECT_TRUE(ctx.stop_token().stop_requested());
  EXPECT_TRUE(ctx.stop_token().stop_requested());
}

TEST(ContextStopToken, OutlivesTheContext) {
  std::stop_token token;
  {
    auto [ctx, cancel] = context::with_cancel(context::background());
    token = ctx.stop_token();
  }
  EXPECT_FALSE(token.stop_requested());
}

TEST(ContextStopToken, AJthreadStops) {
  auto [ctx, cancel] = context::with_cancel(context::background());
  std::atomic<bool> ended{false};
  std::jthread thread([&, token = ctx.stop_token()] {
    while (!token.stop_requested()) std::this_thread::yield();
    ended = true;
  });
  cancel();
  thread.join();
  EXPECT_TRUE(ended.load());
}

// When a deadline came, the callbacks run in a goroutine: they may wait for others, whatever the
// number of carriers.
TEST(ContextStopToken, CallbacksOfADeadlineMayWait) {
  offset::runtime world({.maxprocs = 1});
  auto ask = offset::make_chan<int>();
  auto answer = offset::make_chan<int>();
  offset::go([=] { answer.send(*ask.recv() + 1); });
  auto [ctx, cancel] = context::with_timeout(context::background(), 1ms);
  std::atomic<int> got{0};
  const std::stop_callback callback(ctx.stop_token(), [&] {
    ask.send(1);
    got = *answer.recv();
  });
  EXPECT_TRUE(test::await([&] { return got.load() == 2; }));
}

TEST(ContextStopToken, ACallbackMayStartAndEndARuntime) {
  auto [ctx, cancel] = context::with_cancel(context::background());
  bool ran = false;
  const std::stop_callback callback(ctx.stop_token(), [&] { run([&] { ran = true; }); });
  cancel();
  EXPECT_TRUE(ran);
}

TEST(ContextStopToken, CancelsAContext) {
  std::stop_source source;
  auto [ctx, cancel] = context::with_stop_token(context::background(), source.get_token());
  auto [child, cancel_child] = context::with_cancel(ctx);
  expect_live(ctx, "ctx");
  EXPECT_EQ(to_string(ctx), "context.Background.WithCancel");
  source.request_stop();
  expect_done(ctx, context_errc::canceled, "ctx");
  expect_done(child, context_errc::canceled, "child");
  EXPECT_EQ(code_of(ctx.cause()), context_errc::canceled);
  // Stopped already; and one that cannot be.
  auto [late, cancel_late] = context::with_stop_token(context::background(), source.get_token());
  expect_done(late, context_errc::canceled, "late");
  auto [never, cancel_never] = context::with_stop_token(context::background(), {});
  expect_live(never, "never");
  cancel_never();
  expect_done(never, context_errc::canceled, "never");
}

TEST(ContextStopToken, ARequestAfterTheContextIsGone) {
  std::stop_source source;
  { context::with_stop_token(context::background(), source.get_token()); }
  source.request_stop();
}

// The callback's own cancel may drop the last of the context, from inside the request.
TEST(ContextStopToken, ARequestMayDropTheContext) {
  std::stop_source source;
  auto made = std::make_unique<offset::context_with_cancel>(
      context::with_stop_token(context::background(), source.get_token()));
  bool called = false;
  const std::stop_callback callback(made->ctx.stop_token(), [&] {
    called = true;
    made.reset();
  });
  source.request_stop();
  EXPECT_TRUE(called);
  EXPECT_FALSE(made);
}

TEST(ContextStopToken, RoundTrip) {
  std::stop_source source;
  auto [a, cancel_a] = context::with_stop_token(context::background(), source.get_token());
  auto [b, cancel_b] = context::with_stop_token(context::background(), a.stop_token());
  auto [c, cancel_c] = context::with_stop_token(b, b.stop_token());
  source.request_stop();
  for (const context& ctx : {a, b, c}) expect_done(ctx, context_errc::canceled, "chain");
}

// --- after_func

TEST(ContextAfterFunc, RunsInAGoroutineOnceDone) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto ran = offset::make_chan<std::uint64_t>(1);
    auto stop = context::after_func(ctx, [=] { ran.send(offset::goroutine_id()); });
    EXPECT_EQ(ran.len(), 0U);
    cancel();
    EXPECT_NE(*ran.recv(), offset::goroutine_id());
    EXPECT_FALSE(stop());
  });
}

TEST(ContextAfterFunc, ADoneContext) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    cancel();
    auto ran = offset::make_chan<void>(1);
    auto stop = context::after_func(ctx, [=] { ran.send(); });
    EXPECT_TRUE(ran.recv());
    EXPECT_FALSE(stop());
  });
}

TEST(ContextAfterFunc, ADeadline) {
  run([] {
    auto [ctx, cancel] = context::with_timeout(context::background(), 1ms);
    auto ran = offset::make_chan<void>(1);
    context::after_func(ctx, [=] { ran.send(); });
    EXPECT_TRUE(ran.recv());
  });
}

TEST(ContextAfterFunc, Stop) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    std::atomic<int> runs{0};
    auto stop = context::after_func(ctx, [&] { ++runs; });
    auto other = context::after_func(ctx, [&] { runs += 10; });
    const auto copy = stop;
    EXPECT_TRUE(copy());
    EXPECT_FALSE(stop()) << "true exactly once";
    EXPECT_FALSE(copy());
    cancel();
    EXPECT_TRUE(test::await([&] { return runs.load() == 10; }));
    EXPECT_FALSE(other());
    EXPECT_FALSE(offset::context_stop()()) << "stops nothing";
  });
}

TEST(ContextAfterFunc, OfAContextThatIsNeverDone) {
  test::ledger ledger;
  auto stop = context::after_func(context::background(), [c = test::counted(&ledger, 1)] {});
  EXPECT_EQ(ledger.values.load(), 1);
  EXPECT_TRUE(stop());
  EXPECT_EQ(ledger.alive.load(), 0) << "what was stopped is dropped";
  EXPECT_FALSE(stop());
  context::after_func(context::background(), [c = test::counted(&ledger, 1)] {});
  EXPECT_EQ(ledger.alive.load(), 0);
}

TEST(ContextAfterFunc, CancelDoesNotWaitForIt) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto go_on = offset::make_chan<void>();
    auto ended = offset::make_chan<void>();
    context::after_func(ctx, [=] {
      go_on.recv();
      ended.send();
    });
    cancel();  // would wait for ever
    go_on.send();
    ended.recv();
  });
}

TEST(ContextAfterFunc, WithoutARuntimeRunsInTheCallThatCancels) {
  auto [ctx, cancel] = context::with_cancel(context::background());
  std::thread::id in;
  auto stop = context::after_func(ctx, [&] { in = std::this_thread::get_id(); });
  cancel();
  EXPECT_EQ(in, std::this_thread::get_id());
  EXPECT_FALSE(stop());
  int at_once = 0;
  context::after_func(ctx, [&] { ++at_once; });
  EXPECT_EQ(at_once, 1);
}

TEST(ContextAfterFunc, MayStartAndEndARuntime) {
  auto [ctx, cancel] = context::with_cancel(context::background());
  bool ran = false;
  context::after_func(ctx, [&] { run([&] { ran = true; }); });
  cancel();
  EXPECT_TRUE(ran);
}

TEST(ContextAfterFunc, MayDropTheContextAndItsCancel) {
  auto made =
      std::make_unique<offset::context_with_cancel>(context::with_cancel(context::background()));
  context::after_func(made->ctx, [&] { made.reset(); });
  const offset::cancel_func& cancel = made->cancel;
  cancel();
  EXPECT_FALSE(made);
}

TEST(ContextAfterFunc, KeepsTheContextUntilItIsDecided) {
  test::ledger ledger;
  const context_key<test::counted> key;
  auto [parent, cancel] = context::with_cancel(context::background());
  std::atomic<int> runs{0};
  const auto derive = [&, up = parent] {
    return context::with_cancel(context::with_value(up, key, test::counted(&ledger, 1))).ctx;
  };
  context::after_func(derive(), [&] { ++runs; });
  auto stop = context::after_func(derive(), [&] { runs += 10; });
  EXPECT_EQ(ledger.values.load(), 2) << "nobody else has them";
  EXPECT_TRUE(stop());
  EXPECT_EQ(ledger.values.load(), 1);
  cancel();
  EXPECT_EQ(runs.load(), 1);
  EXPECT_EQ(ledger.values.load(), 0);
}

TEST(ContextAfterFunc, DropsTheFunctionWhereItRan) {
  run([] {
    auto ledger = std::make_shared<test::ledger>();
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto ran = offset::make_chan<void>(1);
    auto stop = context::after_func(ctx, [=, c = test::counted(ledger.get(), 1)] { ran.send(); });
    cancel();
    ran.recv();
    EXPECT_TRUE(test::await([&] { return ledger->alive.load() == 0; }));
    EXPECT_FALSE(stop()) << "the handle outlives it";
  });
}

TEST(ContextAfterFunc, TakesFunctionsThatOnlyMove) {
  auto [ctx, cancel] = context::with_cancel(context::background());
  int got = 0;
  context::after_func(ctx, [&, p = std::make_unique<int>(4)]() mutable { got = *p; });
  cancel();
  EXPECT_EQ(got, 4);
}

// --- what keeps what

TEST(ContextLife, TheLastHandleFreesAll) {
  test::ledger ledger;
  const context_key<test::counted> key;
  {
    context at = context::with_value(context::background(), key, test::counted(&ledger, 1));
    auto [ctx, cancel] = context::with_cancel(at);
    at = context::with_value(ctx, key, test::counted(&ledger, 2));
    ctx = context();
    EXPECT_EQ(ledger.values.load(), 2);
    at = context();
    EXPECT_EQ(ledger.values.load(), 1) << "the cancel function keeps the rest";
    cancel = offset::cancel_func();
    EXPECT_EQ(ledger.values.load(), 0);
  }
  EXPECT_EQ(ledger.errors.load(), 0);
}

TEST(ContextLife, TheDoneChannelKeepsTheContext) {
  test::ledger ledger;
  const context_key<test::counted> key;
  auto [parent, cancel] = context::with_cancel(context::background());
  offset::recv_chan<void> done =
      context::with_cancel(context::with_value(parent, key, test::counted(&ledger, 1))).ctx.done();
  EXPECT_EQ(ledger.values.load(), 1);
  cancel();
  EXPECT_EQ(done.try_recv(), op_status::closed) << "reached though only its channel is left";
  done = {};
  EXPECT_EQ(ledger.values.load(), 0);
}

TEST(ContextLife, ADeadlineReachesAContextOfWhichOnlyTheChannelIsLeft) {
  run([] {
    const auto done = context::with_timeout(context::background(), 1ms).ctx.done();
    EXPECT_FALSE(done.recv());
  });
}

TEST(ContextLife, AChildKeepsItsParents) {
  test::ledger ledger;
  const context_key<test::counted> key;
  context child;
  {
    auto [parent, cancel] = context::with_cancel(
        context::with_value(context::background(), key, test::counted(&ledger, 1)));
    child = context::with_cancel(parent).ctx;
  }
  EXPECT_EQ(ledger.values.load(), 1);
  EXPECT_EQ(child.value(key)->value(), 1);
  child = context();
  EXPECT_EQ(ledger.values.load(), 0);
}

TEST(ContextLife, DeepAndWide) {
  const context_key<int> key;
  constexpr int depth = 100'000;
  auto [root, cancel] = context::with_cancel(context::background());
  context at = root;
  for (int i = 0; i < depth; ++i)
    at = i % 2 == 0 ? context::with_value(at, key, i) : context::with_cancel(at).ctx;
  std::vector<context> wide;
  for (int i = 0; i < depth; ++i) wide.push_back(context::with_cancel(root).ctx);
  cancel();
  expect_done(at, context_errc::canceled, "the deepest");
  for (const context& c : wide) ASSERT_TRUE(c.err());
  at = context();
}

TEST(ContextLife, ExceptionsOfAValueLeaveNothing) {
  test::ledger ledger;
  ledger.copies_left = 0;
  const context_key<test::counted> key;
  const test::counted value(&ledger, 1);
  EXPECT_THROW(context::with_value(context::background(), key, value), std::runtime_error);
  EXPECT_EQ(ledger.alive.load(), 1);
}

}  // namespace
