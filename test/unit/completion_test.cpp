// completion: fulfilled once, from anywhere.
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/program.h"
#include "../support/wait.h"

using offset::completion;
using offset::context;
using offset::make_chan;
using offset::op_status;
using offset::run;

namespace {

static_assert(!std::is_copy_constructible_v<completion<int>>);
static_assert(!std::is_move_constructible_v<completion<int>>);
static_assert(noexcept(std::declval<completion<int>&>().set_value(1)));
static_assert(noexcept(std::declval<completion<void>&>().set_value()));
static_assert(noexcept(std::declval<completion<int>&>().set_exception(std::exception_ptr())));

template <class F>
std::string thrown_by(F f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "(nothing)";
}

TEST(Completion, AValue) {
  run([] {
    completion<int> c;
    EXPECT_FALSE(c.ready());
    offset::go([&] { EXPECT_TRUE(c.set_value(42)); });
    EXPECT_EQ(c.get(), 42);
    EXPECT_TRUE(c.ready());
    EXPECT_EQ(c.get(), 42) << "a copy for everybody";
    EXPECT_EQ(c.get(context::background()), 42);
    c.wait();
    EXPECT_EQ(c.wait(context::background()), op_status::ok);
  });
}

TEST(Completion, BeforeAnybodyWaits) {
  completion<std::string> c;
  EXPECT_TRUE(c.set_value("there"));
  EXPECT_EQ(c.get(), "there") << "with no runtime at all";
}

TEST(Completion, FulfilledOnce) {
  completion<int> c;
  EXPECT_TRUE(c.set_value(1));
  EXPECT_FALSE(c.set_value(2));
  EXPECT_FALSE(c.set_exception(std::runtime_error("late")));
  EXPECT_EQ(c.get(), 1);
  completion<void> v;
  EXPECT_TRUE(v.set_exception(std::runtime_error("failed")));
  EXPECT_FALSE(v.set_value());
  EXPECT_TRUE(v.ready());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(thrown_by([&] { v.get(); }), "failed");
  EXPECT_EQ(thrown_by([&] { v.get(context::background()); }), "failed");
  EXPECT_EQ(v.wait(context::background()), op_status::ok) << "an error is an end as well";
  completion<int> null;
  EXPECT_TRUE(null.set_exception(nullptr));
  EXPECT_THROW(null.get(), offset::panic_error);
}

TEST(Completion, AMoveOnlyValueGoesToTheFirst) {
  completion<std::unique_ptr<int>> c;
  c.set_value(std::make_unique<int>(5));
  EXPECT_EQ(*c.get(), 5);
  EXPECT_EQ(thrown_by([&] { c.get(); }),
            "offset: completion: get: its value was moved out already");
  completion<std::vector<int>> v;
  v.set_value({1, 2, 3});
  EXPECT_EQ(v.get().size(), 3U);
  EXPECT_EQ(std::move(v).get().size(), 3U);
  EXPECT_THROW(v.get(), offset::panic_error);
  EXPECT_THROW(std::move(v).get(context::background()), offset::panic_error);
}

TEST(Completion, ValuesAreDestroyedOnce) {
  test::ledger l;
  {
    completion<test::counted> c;
    c.set_value(test::counted(&l, 1));
    EXPECT_FALSE(c.set_value(test::counted(&l, 2)));
    EXPECT_EQ(c.get().value(), 1);
    completion<test::counted> nobody;
    nobody.set_value(test::counted(&l, 3));
  }
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
}

TEST(Completion, AllWhoWait) {
  run([] {
    completion<int> c;
    std::atomic<int> sum{0};
    std::atomic<int> came{0};
    offset::sync::wait_group all;
    for (int i = 0; i < 20; ++i)
      all.go([&] {
        ++came;
        sum += c.get();
      });
    std::thread plain([&] {
      ++came;
      sum += c.get();
    });
    ASSERT_TRUE(test::await([&] { return came.load() == 21; }));
    for (int i = 0; i < 20; ++i) offset::yield();
    c.set_value(3);
    all.wait();
    plain.join();
    EXPECT_EQ(sum.load(), 63);
  });
}

TEST(Completion, FromAThreadThatIsNotTheRuntimes) {
  run([] {
    for (int i = 0; i < 20; ++i) {
      completion<int> c;
      std::thread callback([&] { c.set_value(i); });
      EXPECT_EQ(c.get(), i);
      callback.join();
      completion<void> v;
      std::thread other([&] { v.set_value(); });
      v.get();
      other.join();
    }
  });
}

TEST(Completion, UntilAContextIsDone) {
  run([] {
    completion<int> c;
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto answer = make_chan<bool>();
    offset::go([&c, answer, ctx = ctx] { answer.send(c.get(ctx).has_value()); });
    for (int i = 0; i < 50; ++i) offset::yield();
    cancel();
    EXPECT_EQ(answer.recv(), false);
    c.set_value(1);
    for (int i = 0; i < 100; ++i) {
      EXPECT_FALSE(c.get(ctx)) << "though it is there";
      EXPECT_EQ(c.wait(ctx), op_status::canceled);
    }
    EXPECT_EQ(c.get(context::background()), 1) << "and was not lost";
    completion<void> v;
    EXPECT_EQ(v.get(ctx), op_status::canceled);
    EXPECT_THROW(v.get(context()), offset::panic_error);
    const auto soon = context::with_timeout(context::background(), std::chrono::milliseconds(1));
    EXPECT_EQ(v.get(soon.ctx), op_status::canceled);
    EXPECT_EQ(v.get(soon.ctx), op_status::canceled);
    v.set_value();
    EXPECT_EQ(v.get(context::background()), op_status::ok);
  });
}

TEST(Completion, MayBeDestroyedAsSoonAsGetHasReturned) {
  run([] {
    for (int i = 0; i < 500; ++i) {
      auto c = std::make_unique<completion<int>>();
      offset::go([at = c.get(), i] { at->set_value(i); });
      EXPECT_EQ(c->get(), i);
      c.reset();
    }
  });
}

PROGRAM(completion_deadlock) {
  return run([] {
    completion<int> c;
    c.get();
  });
}
TEST(Completion, DeadlockSaysWhatIsWaitedFor) {
  const test::outcome o = test::run_program("completion_deadlock");
  EXPECT_EQ(o.status, 2);
  EXPECT_EQ(o.first(), "fatal error: all goroutines are asleep - deadlock!");
  EXPECT_TRUE(o.err_has("goroutine 1 [completion wait]:")) << o.err;
}

PROGRAM(completion_in_mains_frame) {
  // One P: whoever came before main runs again has gone on until it waits.
  return run({.maxprocs = 1}, [] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    struct at_end {
      offset::cancel_func cancel;
      ~at_end() { cancel(); }  // after the completion is gone
    } const guard{cancel};
    completion<int> c;
    std::atomic<int> came{0};
    for (int i = 0; i < 4; ++i)
      offset::go([&, i, ctx = ctx] {
        ++came;
        i % 2 == 0 ? static_cast<void>(c.get(ctx)) : static_cast<void>(c.get());
      });
    while (came < 4) offset::yield();
    for (int i = 0; i < 20; ++i) offset::yield();
    return 0;
  });
}
TEST(Completion, MainReturnsWhileOthersWait) {
  const test::outcome o = test::run_program("completion_in_mains_frame");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.err, "");
}

}  // namespace
