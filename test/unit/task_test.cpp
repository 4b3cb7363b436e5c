// spawn, task, gather.
#include <atomic>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/program.h"
#include "../support/wait.h"

using offset::context;
using offset::gather;
using offset::make_chan;
using offset::op_status;
using offset::run;
using offset::spawn;
using offset::task;

namespace {

static_assert(!std::is_copy_constructible_v<task<int>>);
static_assert(std::is_nothrow_move_constructible_v<task<int>>);
static_assert(std::is_nothrow_move_assignable_v<task<int>>);

template <class F>
std::string thrown_by(F f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "(nothing)";
}

/// Ends when it is cancelled, by an exception that says so.
void until_canceled(const context& ctx) {
  ctx.done().recv();
  throw std::system_error(ctx.err());
}

TEST(Task, AnswersItsValue) {
  run([] {
    auto t = spawn([] { return 42; });
    static_assert(std::is_same_v<decltype(t), task<int>>);
    EXPECT_EQ(t.get(), 42);
    EXPECT_TRUE(t.done());
    EXPECT_EQ(spawn([](const context& ctx) { return std::string(ctx.err() ? "no" : "yes"); }).get(),
              "yes");
    spawn([] {}).get();
  });
}

TEST(Task, AMoveOnlyValueAndAReference) {
  run([] {
    auto p = spawn([] { return std::make_unique<int>(7); }).get();
    EXPECT_EQ(*p, 7);
    int here = 1;
    auto t = spawn([&]() -> int& { return here; });
    static_assert(std::is_same_v<decltype(t.get()), int&>);
    t.get() = 2;
    EXPECT_EQ(here, 2);
    auto r = spawn([&]() -> int& { return here; });
    EXPECT_EQ(&r.get(context::background())->get(), &here);
    EXPECT_EQ(spawn([] { return test::no_default(3); }).get().value, 3);
  });
}

TEST(Task, AValueNobodyTakesIsDestroyed) {
  test::ledger l;
  run([&] {
    {
      auto t = spawn([&] { return test::counted(&l, 1); });
    }
    auto taken = spawn([&] { return test::counted(&l, 2); });
    EXPECT_EQ(taken.get().value(), 2);
  });
  EXPECT_TRUE(test::await([&] { return l.alive.load() == 0; }));
  EXPECT_EQ(l.errors.load(), 0);
  EXPECT_EQ(l.copies.load(), 0);
}

TEST(Task, ThrowsWhatItThrew) {
  run([] {
    auto t = spawn([]() -> int { throw std::out_of_range("too far"); });
    t.wait();
    EXPECT_TRUE(t.done());
    EXPECT_THROW(t.get(), std::out_of_range);
    EXPECT_EQ(thrown_by([&] { t.get(); }), "offset: task: get: what it answered was taken already");
  });
}

TEST(Task, GetTwicePanics) {
  run([] {
    auto t = spawn([] { return 1; });
    EXPECT_EQ(t.get(), 1);
    EXPECT_THROW(t.get(), offset::panic_error);
    EXPECT_THROW(t.get(context::background()), offset::panic_error);
    EXPECT_THROW(gather(std::move(t)), offset::panic_error);
    auto v = spawn([] {});
    v.get();
    EXPECT_THROW(v.get(), offset::panic_error);
  });
}

TEST(Task, WithoutAGoroutine) {
  run([] {
    task<int> none;
    EXPECT_FALSE(none);
    const std::string said =
        "offset: task: it has no goroutine: default-constructed, or moved from";
    EXPECT_EQ(thrown_by([&] { none.get(); }), said);
    EXPECT_EQ(thrown_by([&] { none.wait(); }), said);
    EXPECT_EQ(thrown_by([&] { none.cancel(); }), said);
    EXPECT_EQ(thrown_by([&] { (void)none.done(); }), said);
    none = spawn([] { return 3; });
    EXPECT_TRUE(none);
    task<int> other = std::move(none);
    EXPECT_EQ(other.get(), 3);
  });
}

TEST(Task, WithoutARuntime) {
  EXPECT_THROW((void)spawn([] { return 1; }), std::logic_error);
}

TEST(Task, GetAndWaitWithAContext) {
  run([] {
    auto release = make_chan<void>();
    auto t = spawn([=] {
      release.recv();
      return 5;
    });
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto answers = make_chan<bool>();
    offset::go([&t, answers, ctx = ctx] { answers.send(t.get(ctx).has_value()); });
    ASSERT_TRUE(test::await_receivers(release, 1));
    for (int i = 0; i < 20; ++i) offset::yield();
    cancel();
    EXPECT_EQ(answers.recv(), false);
    EXPECT_FALSE(t.done());
    for (int i = 0; i < 100; ++i) EXPECT_EQ(t.wait(ctx), op_status::canceled);
    release.close();
    t.wait();
    EXPECT_FALSE(t.get(ctx)) << "done, but so is the context";
    EXPECT_EQ(t.get(context::background()), 5) << "not taken by those that were canceled";
    auto v = spawn([] {});
    EXPECT_EQ(v.get(ctx), op_status::canceled);
    EXPECT_EQ(v.get(context::background()), op_status::ok);
    EXPECT_THROW((void)spawn([] {}).wait(context()), offset::panic_error);
  });
}

TEST(Task, Cancel) {
  run([] {
    auto t = spawn(until_canceled);
    EXPECT_FALSE(t.done());
    t.cancel();
    EXPECT_EQ(thrown_by([&] { t.get(); }), "context canceled");
    auto [parent, cancel] = context::with_cancel(context::background());
    auto below = spawn(parent, until_canceled);
    auto deaf = spawn(parent, [] { return 1; });
    cancel();
    EXPECT_EQ(thrown_by([&] { below.get(); }), "context canceled");
    EXPECT_EQ(deaf.get(), 1);
  });
}

TEST(Task, TheDestructorCancelsAndWaits) {
  run([] {
    std::atomic<int> ended{0};
    const auto slow = [&](const context& ctx) {
      ctx.done().recv();
      for (int i = 0; i < 10; ++i) offset::yield();
      ++ended;
      throw std::system_error(ctx.err());  // reports the cancellation: no panic
    };
    { auto t = spawn(slow); }
    EXPECT_EQ(ended.load(), 1);
    auto t = spawn(slow);
    t = spawn([] { throw std::runtime_error("of the next one"); });
    EXPECT_EQ(ended.load(), 2) << "assigning over it waits for what it had";
    EXPECT_EQ(thrown_by([&] { t.get(); }), "of the next one");
  });
}

TEST(Task, Goexit) {
  run([] {
    auto t = spawn([]() -> int { offset::goexit(); });
    EXPECT_EQ(thrown_by([&] { t.get(); }), "offset: task: goexit ended it before it answered");
    spawn([] { offset::goexit(); }).get();
    {
      auto dropped = spawn([]() -> int { offset::goexit(); });
    }  // no panic
  });
}

TEST(Task, WhatTheFunctionHoldsIsLetGoOf) {
  run([] {
    for (int i = 0; i < 100; ++i) {
      const auto held = std::make_shared<int>(i);
      auto t = spawn([held] { return *held; });
      t.wait();
      EXPECT_EQ(held.use_count(), 1);
    }
  });
}

TEST(Task, FromAPlainThread) {
  run([] {
    int got = 0;
    std::thread([&] { got = spawn([] { return 9; }).get(); }).join();
    EXPECT_EQ(got, 9);
  });
}

// --- gather

TEST(Gather, InTheOrderOfTheArguments) {
  run([] {
    auto first = make_chan<void>();
    auto [a, b, c] =
        gather(spawn([=] {
                 first.recv();
                 return 1;
               }),
               spawn([=] { first.send(); }), spawn([] { return std::string("three"); }));
    static_assert(std::is_same_v<decltype(b), std::monostate>);
    EXPECT_EQ(a, 1);
    EXPECT_EQ(c, "three");
    EXPECT_EQ(std::get<0>(gather(spawn([] { return std::make_unique<int>(4); }))) != nullptr, true);
    static_assert(std::is_same_v<decltype(gather()), std::tuple<>>);
    gather();
  });
}

TEST(Gather, AVector) {
  run([] {
    std::vector<task<int>> tasks;
    for (int i = 0; i < 100; ++i) tasks.push_back(spawn([i] { return i * i; }));
    const std::vector<int> got = gather(std::move(tasks));
    ASSERT_EQ(got.size(), 100U);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i * i);
    EXPECT_TRUE(gather(std::vector<task<int>>()).empty());
    std::vector<task<void>> nothing;
    nothing.push_back(spawn([] {}));
    EXPECT_EQ(gather(std::move(nothing)).size(), 1U);
  });
}

TEST(Gather, TheFirstFailureInTimeCancelsTheOthers) {
  run([] {
    std::atomic<int> canceled{0};
    const auto waits = [&](const context& ctx) -> int {
      ctx.done().recv();
      ++canceled;
      throw std::system_error(ctx.err());
    };
    const auto fails = [](const context&) -> int { throw std::runtime_error("boom"); };
    EXPECT_EQ(thrown_by([&] { gather(spawn(waits), spawn(waits), spawn(fails), spawn(waits)); }),
              "boom");
    EXPECT_EQ(canceled.load(), 3) << "they were waited for";
    std::vector<task<int>> tasks;
    for (int i = 0; i < 10; ++i) tasks.push_back(spawn(waits));
    tasks.push_back(spawn(fails));
    EXPECT_EQ(thrown_by([&] { gather(std::move(tasks)); }), "boom");
    EXPECT_EQ(canceled.load(), 13);
  });
}

TEST(Gather, TheFirstInTimeAlsoAmongThoseThatHadFailedBefore) {
  run([] {
    for (int i = 0; i < 50; ++i) {
      auto go_on = make_chan<void>();
      auto late = spawn([=] {
        go_on.recv();
        throw std::system_error(make_error_code(offset::context_errc::canceled));
      });
      auto early = spawn([] { throw std::runtime_error("early"); });
      early.wait();
      go_on.close();
      late.wait();
      EXPECT_EQ(thrown_by([&] {
                  testing::internal::CaptureStderr();
                  gather(std::move(late), std::move(early));
                }),
                "early");
      EXPECT_NE(testing::internal::GetCapturedStderr().find("is lost"), std::string::npos);
    }
  });
}

TEST(Gather, UntilAContextIsDoneTheTasksStayTheCallers) {
  run([] {
    auto release = make_chan<void>();
    auto a = spawn([=] {
      release.recv();
      return 1;
    });
    auto b = spawn([] { return 2; });
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto answer = make_chan<bool>();
    offset::go([&, answer, ctx = ctx] {
      answer.send(gather(ctx, std::move(a), std::move(b)).has_value());
    });
    ASSERT_TRUE(test::await_receivers(release, 1));
    for (int i = 0; i < 20; ++i) offset::yield();
    cancel();
    EXPECT_EQ(answer.recv(), false);
    EXPECT_FALSE(gather(ctx, std::move(a), std::move(b))) << "done at the start";
    release.close();
    const auto both = gather(context::background(), std::move(a), std::move(b));
    ASSERT_TRUE(both);
    EXPECT_EQ(*both, std::tuple(1, 2));
    EXPECT_FALSE(a) << "moved from now";
    std::vector<task<int>> tasks;
    tasks.push_back(spawn([] { return 1; }));
    EXPECT_FALSE(gather(ctx, std::move(tasks)));
    EXPECT_EQ(tasks.size(), 1U);
    EXPECT_EQ(gather(context::background(), std::move(tasks)), std::vector<int>{1});
    EXPECT_EQ(thrown_by([&] {
                gather(context::background(), spawn(until_canceled),
                       spawn([] { throw std::runtime_error("boom"); }));
              }),
              "boom");
  });
}

// --- the end of a task that nobody took

PROGRAM(task_untaken) {
  return run([] {
    auto t = spawn([]() -> int { throw std::runtime_error("nobody looked"); });
    t.wait();  // takes nothing
  });
}
TEST(TaskEnd, AFailureThatNobodyTookIsAPanic) {
  const test::outcome o = test::run_program("task_untaken");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_TRUE(o.err.starts_with("panic: nobody looked\n"
                                "\tleft in an offset::task that nobody waited for\n"
                                "\ngoroutine "))
      << o.err;
}

PROGRAM(task_unwinding) {
  return run([] {
    try {
      auto t = spawn([] { throw std::runtime_error("inside"); });
      t.wait();
      auto moved = std::move(t);
      throw std::runtime_error("outside");
    } catch (const std::runtime_error& e) {
      std::puts(e.what());
    }
    return 0;
  });
}
TEST(TaskEnd, WhileAnExceptionUnwindsItIsSaid) {
  const test::outcome o = test::run_program("task_unwinding");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "outside\n");
  EXPECT_EQ(o.err, "offset: a failure in an offset::task is lost while another exception unwinds: "
                   "inside\n");
}

PROGRAM(task_deadlock) {
  return run([] {
    auto t = spawn([] { make_chan<void>().recv(); });
    t.get();
  });
}
TEST(TaskEnd, DeadlockSaysWhatIsWaitedFor) {
  const test::outcome o = test::run_program("task_deadlock");
  EXPECT_EQ(o.status, 2);
  EXPECT_EQ(o.first(), "fatal error: all goroutines are asleep - deadlock!");
  EXPECT_TRUE(o.err_has("goroutine 1 [task wait]:")) << o.err;
}

PROGRAM(tasks_left) {
  return run([] {
    auto ready = make_chan<void>();
    for (int i = 0; i < 10; ++i)
      offset::go([ready] {
        auto t = spawn([ready](const context& ctx) {
          ready.send();
          ctx.done().recv();
        });
        t.get();
      });
    for (int i = 0; i < 10; ++i) ready.recv();
    return 0;
  });
}
TEST(TaskEnd, MainReturnsWithTasksAtWork) {
  const test::outcome o = test::run_program("tasks_left");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.err, "");
}

}  // namespace
