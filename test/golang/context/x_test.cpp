// Go's src/context/x_test.go (and context_test.go, where its bodies are).
//
// Go's tests wrap contexts into types of their own to reach the paths for unknown ones. There is
// one type of context here; a derived one that adds nothing (a value) stands where Go wraps.
#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::context;
using offset::context_errc;
using offset::context_key;
using offset::make_chan;
using offset::op_status;
using offset::otherwise;
using offset::run;
using offset::select;
using std::chrono::steady_clock;

namespace {

constexpr auto short_duration = 1ms;
constexpr auto very_long_duration = std::chrono::hours(1000);

const context_key<int> wrapper_key("wrapper");
context wrap(const context& ctx) { return context::with_value(ctx, wrapper_key, 0); }

bool blocks(const context& ctx) {
  return select(ctx.if_done(), otherwise([] {})) == 1;
}

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const offset::panic_error& e) {
    return e.what();
  }
  return "(no panic)";
}

void expect_canceled(const context& ctx, const char* name) {
  EXPECT_FALSE(blocks(ctx)) << name;
  EXPECT_EQ(ctx.err(), context_errc::canceled) << name;
}

void expect_deadline(const context& ctx, const char* name) {
  ctx.done().recv();
  EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded) << name;
}

// TestBackground
TEST(GoContext, Background) {
  const context c = context::background();
  ASSERT_TRUE(c);
  EXPECT_TRUE(blocks(c));
  EXPECT_EQ(to_string(c), "context.Background");
}

// TestTODO
TEST(GoContext, Todo) {
  const context c = context::todo();
  ASSERT_TRUE(c);
  EXPECT_TRUE(blocks(c));
  EXPECT_EQ(to_string(c), "context.TODO");
}

// TestWithCancel
TEST(GoContext, WithCancel) {
  auto [c1, cancel] = context::with_cancel(context::background());
  EXPECT_EQ(to_string(c1), "context.Background.WithCancel");
  const context o = wrap(c1);
  auto [c2, cancel2] = context::with_cancel(o);
  const std::vector<context> contexts = {c1, o, c2};
  for (const context& c : contexts) {
    EXPECT_TRUE(c.done());
    EXPECT_FALSE(c.err());
    EXPECT_TRUE(blocks(c));
  }
  cancel();  // synchronous
  for (const context& c : contexts) {
    expect_canceled(c, to_string(c).c_str());
    EXPECT_EQ(c.err().message(), "context canceled");
  }
}

// TestParentFinishesChild
TEST(GoContext, ParentFinishesChild) {
  run([] {
    const context_key<std::string> key("key");
    auto [parent, cancel] = context::with_cancel(context::background());
    auto [cancel_child, stop1] = context::with_cancel(parent);
    const context value_child = context::with_value(parent, key, "value");
    auto [timer_child, stop2] = context::with_timeout(value_child, very_long_duration);
    EXPECT_EQ(select(parent.if_done(), cancel_child.if_done(), timer_child.if_done(),
                     value_child.if_done(), otherwise([] {})),
              4U);
    cancel();
    expect_canceled(parent, "parent");
    expect_canceled(cancel_child, "cancel_child");
    expect_canceled(value_child, "value_child");
    expect_canceled(timer_child, "timer_child");
    const context precanceled = context::with_value(parent, key, "value");
    expect_canceled(precanceled, "precanceled");
  });
}

// TestChildFinishesFirst
TEST(GoContext, ChildFinishesFirst) {
  auto [cancelable, stop] = context::with_cancel(context::background());
  for (const context& parent : {context::background(), cancelable}) {
    auto [child, cancel] = context::with_cancel(parent);
    EXPECT_TRUE(blocks(parent));
    EXPECT_TRUE(blocks(child));
    cancel();
    expect_canceled(child, "child");
    EXPECT_TRUE(blocks(parent));
    EXPECT_FALSE(parent.err());
  }
}

// TestDeadline
TEST(GoContext, Deadline) {
  run([] {
    auto [c, cancel] =
        context::with_deadline(context::background(), steady_clock::now() + short_duration);
    EXPECT_TRUE(to_string(c).starts_with("context.Background.WithDeadline("));
    expect_deadline(c, "with_deadline");
    EXPECT_EQ(c.err().message(), "context deadline exceeded");

    auto [c2, cancel2] =
        context::with_deadline(context::background(), steady_clock::now() + short_duration);
    expect_deadline(wrap(c2), "with_deadline, wrapped");

    auto [c3, cancel3] =
        context::with_deadline(context::background(), steady_clock::now() + short_duration);
    auto [c4, cancel4] = context::with_deadline(wrap(c3), steady_clock::now() + very_long_duration);
    expect_deadline(c4, "with_deadline, wrapped, with_deadline");

    auto [c5, cancel5] =
        context::with_deadline(context::background(), steady_clock::now() - short_duration);
    EXPECT_FALSE(blocks(c5));
    expect_deadline(c5, "in the past");

    auto [c6, cancel6] = context::with_deadline(context::background(), steady_clock::now());
    expect_deadline(c6, "now");
  });
}

// TestTimeout
TEST(GoContext, Timeout) {
  run([] {
    auto [c, cancel] = context::with_timeout(context::background(), short_duration);
    EXPECT_TRUE(to_string(c).starts_with("context.Background.WithDeadline("));
    expect_deadline(c, "with_timeout");
    auto [c2, cancel2] = context::with_timeout(context::background(), short_duration);
    expect_deadline(wrap(c2), "with_timeout, wrapped");
    auto [c3, cancel3] = context::with_timeout(context::background(), short_duration);
    auto [c4, cancel4] = context::with_timeout(wrap(c3), very_long_duration);
    expect_deadline(c4, "with_timeout, wrapped, with_timeout");
  });
}

// TestCanceledTimeout
TEST(GoContext, CanceledTimeout) {
  run([] {
    auto [c1, cancel1] = context::with_timeout(context::background(), 1h);
    auto [c2, cancel] = context::with_timeout(wrap(c1), very_long_duration);
    cancel();  // synchronous
    expect_canceled(c2, "c2");
  });
}

// TestValues. A key is an object of its type: what Go proves of key1(1) and key2(1) is that two
// objects that look alike are two keys.
TEST(GoContext, Values) {
  const context_key<std::string> k1("k1");
  const context_key<std::string> k2("k1");
  const context_key<std::string> k3("k3");
  const context_key<const char*> k4("k4");
  const auto check = [&](const context& c, const char* name, const char* v1, const char* v2,
                         const char* v3) {
    const auto one = [&](const context_key<std::string>& k, const char* want) {
      const std::string* const got = c.value(k);
      if (want == nullptr) {
        EXPECT_EQ(got, nullptr) << name;
      } else {
        EXPECT_TRUE(got != nullptr && *got == want) << name;
      }
    };
    one(k1, v1);
    one(k2, v2);
    one(k3, v3);
  };
  const context c0 = context::background();
  check(c0, "c0", nullptr, nullptr, nullptr);
  const context c1 = context::with_value(context::background(), k1, "c1k1");
  check(c1, "c1", "c1k1", nullptr, nullptr);
  EXPECT_EQ(to_string(c1), "context.Background.WithValue(k1, c1k1)");
  const context c2 = context::with_value(c1, k2, "c2k2");
  check(c2, "c2", "c1k1", "c2k2", nullptr);
  const context c3 = context::with_value(c2, k3, "c3k3");
  check(c3, "c3", "c1k1", "c2k2", "c3k3");
  const context c4 = context::with_value(c3, k1, "c4k1");
  check(c4, "c4, which shadows", "c4k1", "c2k2", "c3k3");
  check(c3, "c3, still", "c1k1", "c2k2", "c3k3");
  // Go's nil value: a pointer that is null.
  const context c5 = context::with_value(c4, k4, nullptr);
  EXPECT_EQ(*c5.value(k4), nullptr);
  check(wrap(c5), "wrapped", "c4k1", "c2k2", "c3k3");
  check(context::with_value(wrap(c5), k3, "c6k3"), "over a wrapped one", "c4k1", "c2k2", "c6k3");
}

// TestSimultaneousCancels
TEST(GoContext, SimultaneousCancels) {
  run([] {
    std::mt19937 random(1);
    for (int round = 0; round < 20; ++round) {
      auto [root, cancel_root] = context::with_cancel(context::background());
      std::vector<context> contexts = {root};
      std::vector<offset::cancel_func> cancels = {cancel_root};
      for (std::size_t at = 0; contexts.size() < 100; ++at)
        for (int i = 0; i < 4; ++i) {
          auto [ctx, cancel] = context::with_cancel(context(contexts[at]));
          contexts.push_back(ctx);
          cancels.push_back(cancel);
        }
      std::shuffle(cancels.begin(), cancels.end(), random);
      std::shuffle(contexts.begin(), contexts.end(), random);
      offset::sync::wait_group all;
      for (const auto& cancel : cancels) all.go([cancel] { cancel(); });
      for (const context& ctx : contexts) EXPECT_FALSE(ctx.done().recv());
      all.wait();
    }
  });
}

// TestInterlockedCancels
TEST(GoContext, InterlockedCancels) {
  run([] {
    for (int round = 0; round < 200; ++round) {
      auto [parent, cancel_parent] = context::with_cancel(context::background());
      auto [child, cancel_child] = context::with_cancel(parent);
      offset::go([parent = parent, cancel_child = cancel_child] {
        parent.done().recv();
        cancel_child();
      });
      cancel_parent();
      child.done().recv();
    }
  });
}

void layers(std::uint32_t seed, bool by_timeout) {
  std::mt19937 random(seed);
  constexpr int least = 30;
  std::vector<std::unique_ptr<context_key<int>>> keys;
  std::vector<offset::cancel_func> cancels;
  int timers = 0;
  context ctx = context::background();
  for (int i = 0; i < least || timers == 0 || cancels.empty() || keys.empty(); ++i) {
    switch (random() % 3) {
      case 0:
        keys.push_back(std::make_unique<context_key<int>>("layer"));
        ctx = context::with_value(ctx, *keys.back(), static_cast<int>(keys.size()));
        break;
      case 1: {
        auto made = context::with_cancel(ctx);
        ctx = made.ctx;
        cancels.push_back(made.cancel);
        break;
      }
      default: {
        auto made = by_timeout ? context::with_timeout(ctx, short_duration)
                               : context::with_timeout(ctx, very_long_duration);
        ctx = made.ctx;
        cancels.push_back(made.cancel);
        ++timers;
        break;
      }
    }
  }
  const auto check_values = [&](const char* when) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const int* const v = ctx.value(*keys[i]);
      ASSERT_NE(v, nullptr) << when << ", seed " << seed;
      EXPECT_EQ(*v, static_cast<int>(i + 1)) << when << ", seed " << seed;
    }
  };
  EXPECT_TRUE(by_timeout || blocks(ctx));
  EXPECT_TRUE(to_string(ctx).starts_with("context.Background."));
  check_values("before");
  if (by_timeout) {
    ctx.done().recv();
    check_values("after the timeout");
  } else {
    cancels[random() % cancels.size()]();
    EXPECT_FALSE(blocks(ctx));
    check_values("after cancel");
  }
}

// TestLayersCancel
TEST(GoContext, LayersCancel) {
  run([] {
    for (std::uint32_t seed = 0; seed < 50; ++seed) layers(seed, false);
  });
}

// TestLayersTimeout
TEST(GoContext, LayersTimeout) {
  run([] {
    for (std::uint32_t seed = 0; seed < 20; ++seed) layers(seed, true);
  });
}

// TestCancelRemoves: Go counts the parent's children. What a program can see of it: a child that
// was cancelled and dropped is gone, its values with it, though its parent lives.
TEST(GoContext, CancelRemoves) {
  run([] {
    struct counted {
      explicit counted(int& n) : at(&n) { ++*at; }
      counted(counted&& o) noexcept : at(o.at) { ++*at; }
      counted(const counted&) = delete;
      counted& operator=(const counted&) = delete;
      counted& operator=(counted&&) = delete;
      ~counted() { --*at; }
      int* at;
    };
    int alive = 0;
    const context_key<counted> key("counted");
    auto [ctx, cancel_ctx] = context::with_cancel(context::background());
    {
      const context value = context::with_value(ctx, key, counted(alive));
      auto [child, cancel] = context::with_cancel(value);
      EXPECT_EQ(alive, 1);
      cancel();
    }
    EXPECT_EQ(alive, 0);
    {
      const context value = context::with_value(ctx, key, counted(alive));
      auto [child, cancel] = context::with_timeout(value, 60min);
      EXPECT_EQ(alive, 1);
      cancel();
    }
    EXPECT_EQ(alive, 0);
    // Dropped without a cancel, which Go's vet complains of.
    context::with_timeout(context::with_value(ctx, key, counted(alive)), 60min);
    EXPECT_EQ(alive, 0);
    EXPECT_TRUE(blocks(ctx));
  });
}

// TestWithCancelCanceledParent
TEST(GoContext, WithCancelCanceledParent) {
  auto [parent, cancel_parent] = context::with_cancel(context::background());
  cancel_parent();
  auto [c, cancel] = context::with_cancel(parent);
  expect_canceled(c, "c");
}

// TestWithValueChecksKey: "nil key" and "key is not comparable" are left to types: a key is a
// context_key<T>, by reference.
template <class Key>
concept usable_key = requires(const Key& key) {
  context::with_value(context(), key, "bar");
};
static_assert(usable_key<context_key<std::string>>);
static_assert(!usable_key<std::nullptr_t> && !usable_key<std::vector<char>> &&
              !usable_key<std::string>);
// And the value has its type.
template <class T>
concept takes_text = requires(const context_key<T>& key) {
  context::with_value(context(), key, "bar");
};
static_assert(takes_text<std::string> && !takes_text<std::vector<char>>);

// TestInvalidDerivedFail
TEST(GoContext, InvalidDerivedFail) {
  const context_key<std::string> key("foo");
  const std::string text = "cannot create context from nil parent";
  EXPECT_EQ(panic_of([] { context::with_cancel(context()); }), text);
  EXPECT_EQ(
      panic_of([] { context::with_deadline(context(), steady_clock::now() + short_duration); }),
      text);
  EXPECT_EQ(panic_of([&] { context::with_value(context(), key, "bar"); }), text);
}

PROGRAM(nil_parent) {
  return run([] {
    offset::go([] { context::with_cancel(context()); });
    make_chan<void>().recv();
  });
}
TEST(GoContext, NilParentEndsTheProgram) {
  const auto o = test::run_program("nil_parent");
  EXPECT_EQ(o.status, 2);
  EXPECT_EQ(o.first(), "panic: cannot create context from nil parent");
}

// TestDeadlineExceededSupportsTimeout: Timeout() is the comparison with std::errc::timed_out.
TEST(GoContext, DeadlineExceededSupportsTimeout) {
  EXPECT_TRUE(make_error_code(context_errc::deadline_exceeded) == std::errc::timed_out);
  EXPECT_FALSE(make_error_code(context_errc::canceled) == std::errc::timed_out);
}

// TestCustomContextGoroutines: no derivation costs a goroutine, the one from the nearest thing to
// a foreign context, a stop token, included.
TEST(GoContext, NoDerivationCostsAGoroutine) {
  run([] {
    const std::size_t before = offset::num_goroutines();
    std::stop_source source;
    auto [ctx0, cancel0] = context::with_stop_token(context::background(), source.get_token());
    EXPECT_EQ(offset::num_goroutines(), before);
    auto [ctx1, cancel1] = context::with_cancel(context::background());
    auto [ctx3, cancel3] = context::with_cancel(wrap(ctx1));
    auto [ctx3b, cancel3b] = context::with_stop_token(wrap(ctx1), source.get_token());
    auto [ctx4, cancel4] = context::with_timeout(ctx3, very_long_duration);
    auto [ctx5, cancel5] = context::with_cancel(ctx4);
    cancel5();
    auto [ctx6, cancel6] = context::with_timeout(ctx5, very_long_duration);
    cancel6();
    cancel1();
    auto [ctx7, cancel7] = context::with_cancel(ctx5);
    EXPECT_EQ(offset::num_goroutines(), before);
  });
}

// TestCustomContextPropagation (newer): what ends a child is its parent's cause, which was set
// before the parent's channel was closed.
TEST(GoContext, PropagationCarriesTheCause) {
  run([] {
    const auto cause = std::make_exception_ptr(std::runtime_error("TestCustomContextPropagation"));
    auto [parent, cancel_parent] = context::with_cancel_cause(context::background());
    auto [child, cancel_child] = context::with_cancel(wrap(parent));
    offset::go([cancel_parent = cancel_parent, cause] { cancel_parent(cause); });
    child.done().recv();
    EXPECT_EQ(child.cause(), cause);
    EXPECT_EQ(child.err(), context_errc::canceled);
  });
}

// TestWithoutCancel (Go 1.21)
TEST(GoContext, WithoutCancel) {
  run([] {
    const context_key<std::string> key("key");
    auto [ctx, cancel] =
        context::with_timeout(context::with_value(context::background(), key, "value"), 1h);
    const context without = context::without_cancel(ctx);
    cancel();
    EXPECT_TRUE(ctx.err());
    EXPECT_FALSE(without.deadline());
    EXPECT_FALSE(without.done());
    EXPECT_FALSE(without.err());
    ASSERT_NE(without.value(key), nullptr);
    EXPECT_EQ(*without.value(key), "value");
  });
}

// TestCause (Go 1.20)
TEST(GoContext, Cause) {
  run([] {
    const auto parent_cause = std::make_exception_ptr(std::runtime_error("parentCause"));
    const auto child_cause = std::make_exception_ptr(std::runtime_error("childCause"));
    const auto too_slow = std::make_exception_ptr(std::runtime_error("tooSlow"));
    const auto code = [](const std::exception_ptr& e) -> std::error_code {
      try {
        std::rethrow_exception(e);
      } catch (const std::system_error& x) {
        return x.code();
      } catch (...) {
        return {};
      }
    };
    struct row {
      const char* name;
      context ctx;
      std::error_code err;
      std::exception_ptr cause;  // null: the same as err
    };
    std::vector<row> rows;
    rows.push_back({"background", context::background(), {}, nullptr});
    rows.push_back({"todo", context::todo(), {}, nullptr});
    const auto with_cause = [](const context& parent) {
      return context::with_cancel_cause(parent);
    };
    {
      auto [c, cancel] = context::with_cancel(context::background());
      cancel();
      rows.push_back({"with_cancel", c, context_errc::canceled, nullptr});
    }
    {
      auto [c, cancel] = with_cause(context::background());
      cancel(parent_cause);
      rows.push_back({"with_cancel_cause", c, context_errc::canceled, parent_cause});
    }
    {
      auto [c, cancel] = with_cause(context::background());
      cancel(nullptr);
      rows.push_back({"with_cancel_cause, null", c, context_errc::canceled, nullptr});
    }
    {
      auto [c, cancel] = with_cause(context::background());
      auto [child, cancel_child] = with_cause(c);
      cancel(parent_cause);
      cancel_child(child_cause);
      rows.push_back({"parent cause before child", child, context_errc::canceled, parent_cause});
    }
    {
      auto [c, cancel] = with_cause(context::background());
      auto [child, cancel_child] = with_cause(c);
      cancel_child(child_cause);
      cancel(parent_cause);
      rows.push_back({"parent cause after child", child, context_errc::canceled, child_cause});
    }
    {
      auto [c, cancel] = with_cause(context::background());
      auto [child, cancel_child] = with_cause(c);
      cancel(nullptr);
      cancel_child(child_cause);
      rows.push_back({"parent null before child", child, context_errc::canceled, nullptr});
    }
    {
      auto [c, cancel] = context::with_cancel(context::background());
      auto [child, cancel_child] = with_cause(c);
      cancel();
      cancel_child(child_cause);
      rows.push_back({"child cause after parent", child, context_errc::canceled, nullptr});
    }
    {
      auto [c, cancel] = context::with_timeout(context::background(), 0s);
      rows.push_back({"with_timeout", c, context_errc::deadline_exceeded, nullptr});
    }
    {
      auto [c, cancel] = context::with_timeout(context::background(), 1h, too_slow);
      cancel();
      rows.push_back({"with_timeout, canceled", c, context_errc::canceled, nullptr});
    }
    {
      auto [c, cancel] = context::with_timeout(context::background(), 0s, too_slow);
      rows.push_back({"with_timeout, cause", c, context_errc::deadline_exceeded, too_slow});
    }
    {
      auto [c, cancel] = with_cause(context::background());
      cancel(parent_cause);
      rows.push_back({"without_cancel", context::without_cancel(c), {}, nullptr});
    }
    {
      auto [c, cancel] = with_cause(context::without_cancel(rows[3].ctx));
      cancel(child_cause);
      rows.push_back(
          {"with_cancel_cause of without_cancel", c, context_errc::canceled, child_cause});
    }
    for (const row& r : rows) {
      EXPECT_EQ(r.ctx.err(), r.err) << r.name;
      if (!r.err) {
        EXPECT_FALSE(r.ctx.cause()) << r.name;
      } else if (r.cause) {
        EXPECT_EQ(r.ctx.cause(), r.cause) << r.name;
      } else {
        EXPECT_EQ(code(r.ctx.cause()), r.err) << r.name;
      }
    }
  });
}

// TestCauseRace (Go 1.20)
TEST(GoContext, CauseRace) {
  run([] {
    const auto cause = std::make_exception_ptr(std::runtime_error("TestCauseRace"));
    for (int round = 0; round < 200; ++round) {
      auto [ctx, cancel] = context::with_cancel_cause(context::background());
      offset::go([cancel = cancel, cause] { cancel(cause); });
      for (;;) {
        const std::error_code before = ctx.err();
        const std::exception_ptr c = ctx.cause();
        if (before) {
          ASSERT_EQ(c, cause);
          break;
        }
        offset::yield();
      }
    }
  });
}

// TestAfterFuncCalledAfterCancel (Go 1.21)
TEST(GoContext, AfterFuncCalledAfterCancel) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto done = make_chan<void>();
    auto stop = context::after_func(ctx, [=] { done.close(); });
    EXPECT_EQ(done.try_recv(), op_status::would_block);
    cancel();
    done.recv();
    EXPECT_FALSE(stop());
  });
}

// TestAfterFuncCalledAfterTimeout
TEST(GoContext, AfterFuncCalledAfterTimeout) {
  run([] {
    auto [ctx, cancel] = context::with_timeout(context::background(), short_duration);
    auto done = make_chan<void>();
    context::after_func(ctx, [=] { done.close(); });
    done.recv();
  });
}

// TestAfterFuncCalledImmediately
TEST(GoContext, AfterFuncCalledImmediately) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    cancel();
    auto done = make_chan<void>();
    context::after_func(ctx, [=] { done.close(); });
    done.recv();
  });
}

// TestAfterFuncNotCalledAfterStop
TEST(GoContext, AfterFuncNotCalledAfterStop) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto done = make_chan<void>();
    auto stop = context::after_func(ctx, [=] { done.close(); });
    EXPECT_TRUE(stop());
    cancel();
    // Go waits a moment. Here: one that was registered later has run, and then all goroutines that
    // the cancel could have started.
    auto last = make_chan<void>();
    context::after_func(ctx, [=] { last.close(); });
    last.recv();
    EXPECT_TRUE(test::await([] { return offset::num_goroutines() == 1; }));
    EXPECT_EQ(done.try_recv(), op_status::would_block);
    EXPECT_FALSE(stop());
  });
}

// TestAfterFuncCalledAsynchronously
TEST(GoContext, AfterFuncCalledAsynchronously) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto done = make_chan<void>();
    context::after_func(ctx, [=] { done.send(); });
    cancel();
    done.recv();  // f ran on its own: cancel did not wait for this
  });
}

}  // namespace
