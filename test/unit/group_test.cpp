// group: what counts as a failure, who is told, limits, and the end of a group that nobody waited
// for.
#include <atomic>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/program.h"
#include "../support/wait.h"

using offset::context;
using offset::group;
using offset::make_chan;
using offset::op_status;
using offset::run;

namespace {

static_assert(!std::is_copy_constructible_v<group> && !std::is_move_constructible_v<group>);
static_assert(!std::is_copy_assignable_v<group> && !std::is_move_assignable_v<group>);

std::string text_of(const std::exception_ptr& e) {
  if (!e) return "(none)";
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& x) {
    return x.what();
  } catch (...) {
    return "(something else)";
  }
}

template <class F>
std::string thrown_by(F f) {
  try {
    f();
  } catch (...) {
    return text_of(std::current_exception());
  }
  return "(nothing)";
}

std::error_code canceled() { return make_error_code(offset::context_errc::canceled); }

// --- what runs, and what a failure is

TEST(Group, RunsAllAndWaits) {
  run([] {
    std::atomic<int> ran{0};
    group g;
    for (int i = 0; i < 100; ++i) g.go([&] { ++ran; });
    for (int i = 0; i < 100; ++i)
      g.go([&](const context& ctx) {
        EXPECT_EQ(ctx, g.ctx());
        ++ran;
      });
    g.wait();
    EXPECT_EQ(ran.load(), 200);
    EXPECT_TRUE(g.failures().empty());
    EXPECT_EQ(g.ctx().err(), canceled()) << "after wait the context is done, as in Go";
    EXPECT_EQ(text_of(g.ctx().cause()), "context canceled");
  });
}

TEST(Group, EmptyGroup) {
  run([] {
    group unused;
    group g;
    EXPECT_FALSE(g.ctx().err());
    g.wait();
    g.wait();
    EXPECT_TRUE(g.ctx().err());
  });
}

TEST(Group, TheFirstFailureCancelsAndIsThrownEachTime) {
  run([] {
    group g;
    auto heard = make_chan<std::string>(1);
    g.go([=](const context& ctx) {
      ctx.done().recv();
      heard.send(text_of(ctx.cause()));
    });
    g.go([] { throw std::runtime_error("boom"); });
    EXPECT_EQ(heard.recv(), "boom") << "the cause is the failure";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(thrown_by([&] { g.wait(); }), "boom");
    EXPECT_THROW(g.wait(), std::runtime_error) << "with its own type";
    EXPECT_EQ(g.ctx().err(), canceled());
    EXPECT_EQ(text_of(g.ctx().cause()), "boom");
    EXPECT_TRUE(g.failures().empty());
  });
}

TEST(Group, AnErrorCodeIsAFailureUnlessZero) {
  run([] {
    group g;
    g.go([] { return std::error_code(); });
    g.go([](const context&) { return std::error_code(); });
    g.wait();
    g.go([] { return std::make_error_code(std::errc::no_such_file_or_directory); });
    try {
      g.wait();
      ADD_FAILURE() << "not thrown";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
    }
  });
}

TEST(Group, AFailureOfAnyType) {
  run([] {
    group g;
    g.go([] { throw 42; });
    try {
      g.wait();
      ADD_FAILURE() << "not thrown";
    } catch (int n) {
      EXPECT_EQ(n, 42);
    }
  });
}

TEST(Group, TheOthersFailuresAreKeptInOrder) {
  run([] {
    group g;
    std::vector<offset::chan<void>> turn;
    for (int i = 0; i < 5; ++i) {
      turn.push_back(make_chan<void>());
      g.go([t = turn.back(), i] {
        t.recv();
        throw std::runtime_error("failure " + std::to_string(i));
      });
    }
    // One that merely says that it was cancelled is kept as well.
    g.go([](const context& ctx) {
      ctx.done().recv();
      return ctx.err();
    });
    for (int i = 0; i < 5; ++i) {
      turn[static_cast<std::size_t>(i)].send();
      const std::size_t want = static_cast<std::size_t>(i) + (i > 0 ? 1 : 0);
      ASSERT_TRUE(test::await([&] {
        return i == 0 ? g.ctx().err() && g.failures().size() == 1 : g.failures().size() == want;
      }));
    }
    EXPECT_EQ(thrown_by([&] { g.wait(); }), "failure 0");
    std::vector<std::string> others;
    for (const auto& e : g.failures()) others.push_back(text_of(e));
    EXPECT_EQ(others, (std::vector<std::string>{"context canceled", "failure 1", "failure 2",
                                                "failure 3", "failure 4"}));
  });
}

TEST(Group, GoexitCountsAsDone) {
  run([] {
    group g;
    std::atomic<bool> after{false};
    g.go([&] {
      offset::goexit();
      after = true;
    });
    g.wait();
    EXPECT_FALSE(after.load());
    EXPECT_TRUE(g.failures().empty());
  });
}

TEST(Group, WhatAFunctionHoldsIsLetGoOfBeforeItCountsAsDone) {
  run([] {
    for (int i = 0; i < 200; ++i) {
      const auto held = std::make_shared<int>(i);
      group g;
      // Held by a const capture, which is copied where others are moved.
      g.go([held] { EXPECT_GE(*held, 0); });
      g.go([mine = std::make_unique<std::shared_ptr<int>>(held)] { EXPECT_TRUE(*mine); });
      g.wait();
      EXPECT_EQ(held.use_count(), 1);
    }
  });
}

TEST(Group, UsedAgainAfterWait) {
  run([] {
    group g;
    std::atomic<int> ran{0};
    for (int round = 0; round < 10; ++round) {
      g.go([&](const context& ctx) {
        ++ran;
        EXPECT_EQ(static_cast<bool>(ctx.err()), ran.load() > 1);
      });
      g.wait();
      EXPECT_EQ(ran.load(), round + 1);
    }
  });
}

TEST(Group, FromPlainThreads) {
  run([] {
    std::atomic<int> ran{0};
    std::string thrown;
    std::thread([&] {
      group g;
      g.limit(2);
      for (int i = 0; i < 50; ++i) g.go([&] { ++ran; });
      g.go([] { throw std::runtime_error("from a goroutine to a thread"); });
      thrown = thrown_by([&] { g.wait(); });
    }).join();
    EXPECT_EQ(ran.load(), 50);
    EXPECT_EQ(thrown, "from a goroutine to a thread");
  });
}

TEST(Group, WithoutARuntimeGoThrowsAndNothingIsCounted) {
  group g;
  EXPECT_THROW(g.go([] {}), std::logic_error);
  EXPECT_THROW(g.try_go([] {}), std::logic_error);
  g.limit(1);  // nothing is active
  g.wait();
}

// --- contexts

TEST(Group, TheParentCancelsIt) {
  run([] {
    auto [parent, cancel] = context::with_cancel_cause(context::background());
    group g(parent);
    g.go([](const context& ctx) {
      ctx.done().recv();
      return ctx.err();
    });
    cancel(std::runtime_error("above"));
    EXPECT_EQ(thrown_by([&] { g.wait(); }), "context canceled");
    EXPECT_EQ(text_of(g.ctx().cause()), "above");
  });
}

TEST(Group, AFailureDoesNotCancelTheParent) {
  run([] {
    auto [parent, cancel] = context::with_cancel(context::background());
    group g(parent);
    g.go([] { throw std::runtime_error("boom"); });
    EXPECT_EQ(thrown_by([&] { g.wait(); }), "boom");
    EXPECT_FALSE(parent.err());
    EXPECT_THROW(group{context()}, offset::panic_error);
  });
}

TEST(Group, CancellationIsALevel) {
  // Hazard 3: not consumed by the first wait that it ends.
  run([] {
    group g;
    auto nothing = make_chan<int>();
    auto full = make_chan<int>(1);
    full.send(1);
    g.go([=](const context& ctx) {
      int v = 0;
      for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(nothing.recv(ctx, v), op_status::canceled);
        EXPECT_EQ(full.recv(ctx, v), op_status::canceled) << "though one is there";
        EXPECT_EQ(offset::time::sleep(ctx, std::chrono::hours(1)), op_status::canceled);
        group inner(ctx);
        EXPECT_TRUE(inner.ctx().err());
        EXPECT_EQ(inner.go(ctx, [] { ADD_FAILURE() << "started"; }), op_status::canceled);
        EXPECT_EQ(inner.wait(ctx), op_status::canceled);
      }
      return ctx.err();
    });
    ASSERT_TRUE(test::await_receivers(nothing, 1));
    g.cancel();
    EXPECT_EQ(thrown_by([&] { g.wait(); }), "context canceled");
    // What is started now runs, and knows.
    std::atomic<bool> knew{false};
    g.go([&](const context& ctx) { knew = static_cast<bool>(ctx.err()); });
    EXPECT_EQ(thrown_by([&] { g.wait(); }), "context canceled");
    EXPECT_TRUE(knew.load());
  });
}

TEST(Group, WaitWithAContextLeavesTheGroupGoingOn) {
  run([] {
    group g;
    auto release = make_chan<void>();
    g.go([=] { release.recv(); });
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto answers = make_chan<op_status>();
    offset::go([&g, answers, ctx = ctx] { answers.send(g.wait(ctx)); });
    ASSERT_TRUE(test::await_receivers(release, 1));
    for (int i = 0; i < 20; ++i) offset::yield();
    cancel();
    EXPECT_EQ(answers.recv(), op_status::canceled);
    EXPECT_FALSE(g.ctx().err()) << "the group was not cancelled";
    EXPECT_EQ(g.wait(ctx), op_status::canceled) << "already when it begins";
    release.close();
    EXPECT_EQ(g.wait(context::background()), op_status::ok);
    EXPECT_EQ(g.wait(ctx), op_status::canceled) << "though all have ended";
    EXPECT_THROW(g.wait(context()), offset::panic_error);
    g.go([] { throw std::runtime_error("late"); });
    EXPECT_EQ(thrown_by([&] { g.wait(context::background()); }), "late");
  });
}

// --- limits

TEST(GroupLimit, NeverMoreThanThat) {
  run([] {
    group g;
    g.limit(3);
    std::atomic<int> active{0};
    std::atomic<int> most{0};
    for (int i = 0; i < 300; ++i)
      g.go([&] {
        const int now = ++active;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        offset::yield();
        --active;
      });
    g.wait();
    EXPECT_LE(most.load(), 3);
    EXPECT_EQ(active.load(), 0);
  });
}

TEST(GroupLimit, WaitersForAPlaceAreFirstInFirstOut) {
  // On one P, so that who gives way has let the others come as far as they can.
  run({.maxprocs = 1}, [] {
    group g;
    g.limit(1);
    auto release = make_chan<void>();
    auto order = make_chan<int>(10);
    g.go([=] { release.recv(); });
    offset::sync::wait_group callers;
    for (int i = 0; i < 10; ++i) {
      std::atomic<bool> came{false};
      callers.go([&g, &came, order, i] {
        came = true;
        g.go([=] { order.send(i); });
      });
      while (!came) offset::yield();
    }
    EXPECT_FALSE(g.try_go([] { ADD_FAILURE() << "overtook"; }));
    release.close();
    callers.wait();
    g.wait();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(order.recv(), i);
  });
}

TEST(GroupLimit, ZeroLetsNothingStart) {
  run([] {
    group g;
    g.limit(0);
    EXPECT_FALSE(g.try_go([] { ADD_FAILURE() << "started"; }));
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto answer = make_chan<op_status>();
    auto kept = std::make_unique<int>(1);
    offset::go([&g, &kept, answer, ctx = ctx] {
      answer.send(g.go(ctx, [kept = std::move(kept)] { ADD_FAILURE() << "started"; }));
    });
    for (int i = 0; i < 20; ++i) offset::yield();
    EXPECT_EQ(answer.len(), 0U);
    cancel();
    EXPECT_EQ(answer.recv(), op_status::canceled);
    g.wait();  // nothing was counted
  });
}

TEST(GroupLimit, ALimitThatIsRaisedLetsThemIn) {
  run([] {
    group g;
    g.limit(0);
    std::atomic<int> ran{0};
    auto trying = make_chan<void>(2);
    offset::sync::wait_group callers;
    for (int i = 0; i < 2; ++i)
      callers.go([&, trying] {
        trying.send();
        g.go([&] { ++ran; });
      });
    trying.recv();
    trying.recv();
    for (int i = 0; i < 20; ++i) offset::yield();
    EXPECT_EQ(ran.load(), 0);
    g.limit(1);
    callers.wait();
    g.wait();
    EXPECT_EQ(ran.load(), 2);
  });
}

TEST(GroupLimit, ACanceledWaiterTakesNoPlace) {
  run([] {
    group g;
    g.limit(1);
    auto release = make_chan<void>();
    g.go([=] { release.recv(); });
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto answer = make_chan<op_status>();
    offset::go([&g, answer, ctx = ctx] { answer.send(g.go(ctx, [] { ADD_FAILURE(); })); });
    for (int i = 0; i < 50; ++i) offset::yield();
    cancel();
    EXPECT_EQ(answer.recv(), op_status::canceled);
    release.close();
    std::atomic<bool> ran{false};
    g.go([&] { ran = true; });
    g.wait();
    EXPECT_TRUE(ran.load());
    EXPECT_EQ(g.go(ctx, [] { ADD_FAILURE(); }), op_status::canceled) << "though a place is free";
  });
}

TEST(GroupLimit, MayNotBeModifiedWhileAnyIsActive) {
  run([] {
    group g;
    auto release = make_chan<void>();
    g.limit(5);
    g.go([=] { release.recv(); });
    g.go([=] { release.recv(); });
    const std::string said =
        "errgroup: modify limit while 2 goroutines in the group are still active";
    EXPECT_EQ(thrown_by([&] { g.limit(7); }), said);
    EXPECT_THROW(g.limit(-1), offset::panic_error);
    release.close();
    g.wait();
    g.limit(7);
  });
}

// --- the end of a group that nobody waited for

TEST(GroupEnd, TheDestructorCancelsAndWaits) {
  run([] {
    std::atomic<bool> ended{false};
    {
      group g;
      g.go([&](const context& ctx) {
        ctx.done().recv();
        for (int i = 0; i < 10; ++i) offset::yield();
        ended = true;
        return ctx.err();  // only reports what the destructor did: no panic
      });
      g.go([](const context& ctx) {
        ctx.done().recv();
        throw std::system_error(std::make_error_code(std::errc::operation_canceled));
      });
    }
    EXPECT_TRUE(ended.load());
  });
}

PROGRAM(group_untaken) {
  return run([] {
    group g;
    g.go([] { throw std::runtime_error("nobody looked"); });
    while (!g.ctx().err()) offset::yield();
  });
}
TEST(GroupEnd, AFailureThatNobodyTookIsAPanic) {
  const test::outcome o = test::run_program("group_untaken");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_TRUE(o.err.starts_with("panic: nobody looked\n"
                                "\tleft in an offset::group that nobody waited for\n"
                                "\ngoroutine "))
      << o.err;
  EXPECT_TRUE(o.err_has(" [running]:\n")) << o.err;
  EXPECT_TRUE(o.err_has("created by ")) << o.err;
}

PROGRAM(group_later_untaken) {
  return run([] {
    group g;
    g.go([] { throw std::runtime_error("first"); });
    try {
      g.wait();
    } catch (const std::runtime_error&) {
    }
    g.go([] { throw std::runtime_error("after the wait"); });
    while (g.failures().empty()) offset::yield();
  });
}
TEST(GroupEnd, AFailureAfterTheLastWaitAsWell) {
  const test::outcome o = test::run_program("group_later_untaken");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_EQ(o.first(), "panic: after the wait");
}

PROGRAM(group_unwinding) {
  return run([] {
    try {
      group g;
      g.go([] { throw std::runtime_error("inside"); });
      g.go([](const context& ctx) {
        ctx.done().recv();
        return ctx.err();
      });
      while (!g.ctx().err()) offset::yield();
      throw std::runtime_error("outside");
    } catch (const std::runtime_error& e) {
      std::puts(e.what());
    }
    return 0;
  });
}
TEST(GroupEnd, WhileAnExceptionUnwindsItIsSaidAndNoPanic) {
  const test::outcome o = test::run_program("group_unwinding");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "outside\n");
  EXPECT_EQ(o.err, "offset: a failure in an offset::group is lost while another exception unwinds: "
                   "inside\n");
}

PROGRAM(group_goexit) {
  return run([] {
    offset::go([] {
      group g;
      g.go([] { throw std::runtime_error("inside"); });
      while (!g.ctx().err()) offset::yield();
      offset::goexit();
    });
    make_chan<void>().recv();
  });
}
TEST(GroupEnd, GoexitIsNotAnException) {
  const test::outcome o = test::run_program("group_goexit");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_EQ(o.first(), "panic: inside");
}

PROGRAM(group_in_a_destructor) {
  return run([] {
    struct cleaner {
      ~cleaner() {
        // Made while an exception unwinds; its own end is an ordinary one.
        group g;
        g.go([] { throw std::runtime_error("cleaning"); });
        while (!g.ctx().err()) offset::yield();
      }
    };
    try {
      const cleaner c;
      throw std::runtime_error("outside");
    } catch (const std::runtime_error&) {
    }
    return 0;
  });
}
TEST(GroupEnd, AGroupMadeWhileUnwinding) {
  const test::outcome o = test::run_program("group_in_a_destructor");
  EXPECT_EQ(o.status, 2) << o.err;
  EXPECT_EQ(o.first(), "panic: cleaning");
}

std::atomic<int> told{0};
PROGRAM(group_handler) {
  offset::set_panic_handler([](const offset::panic_info& info) {
    std::printf("%s\n", std::string(info.message).c_str());
    ++told;
  });
  return run([] {
    {
      group g;
      g.go([] { throw std::runtime_error("for the handler"); });
      while (!g.ctx().err()) offset::yield();
    }
    return told == 1 ? 0 : 1;
  });
}
TEST(GroupEnd, APanicHandlerIsTold) {
  const test::outcome o = test::run_program("group_handler");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "panic: for the handler\n\tleft in an offset::group that nobody waited for\n");
}

PROGRAM(group_deadlock) {
  return run([] {
    group g;
    g.go([] { make_chan<void>().recv(); });
    g.wait();
  });
}
PROGRAM(group_limit_deadlock) {
  return run([] {
    group g;
    g.limit(0);
    g.go([] {});
  });
}
TEST(GroupEnd, DeadlocksSayWhatIsWaitedFor) {
  const test::outcome o = test::run_program("group_deadlock");
  EXPECT_EQ(o.first(), "fatal error: all goroutines are asleep - deadlock!");
  EXPECT_TRUE(o.err_has("goroutine 1 [sync.WaitGroup.Wait]:")) << o.err;
  const test::outcome l = test::run_program("group_limit_deadlock");
  EXPECT_EQ(l.first(), "fatal error: all goroutines are asleep - deadlock!");
  EXPECT_TRUE(l.err_has("goroutine 1 [semacquire]:")) << l.err;
}

PROGRAM(group_of_goroutines_left) {
  return run([] {
    auto ready = make_chan<void>();
    for (int i = 0; i < 10; ++i)
      offset::go([ready] {
        group g;
        g.limit(1);
        g.go([ready] {
          ready.send();
          make_chan<void>().recv();
        });
        g.go(g.ctx(), [] {});
      });
    for (int i = 0; i < 10; ++i) ready.recv();
    return 0;
  });
}
TEST(GroupEnd, MainReturnsWithGroupsAtWork) {
  const test::outcome o = test::run_program("group_of_goroutines_left");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.err, "");
}

}  // namespace
