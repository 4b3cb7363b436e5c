// Waiting with a context: channels, select, sleep; the level that a context is (done once, every
// later wait answers canceled). The waits of sync and of blocking are in context_sync_test.cpp.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <offset/testing.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::context;
using offset::make_chan;
using offset::op_status;
using offset::run;
using offset::select;
using std::chrono::steady_clock;

namespace {

context done_context() {
  auto [ctx, cancel] = context::with_cancel(context::background());
  cancel();
  return ctx;
}

// Runs `f` in a goroutine, then on a plain thread beside a runtime, then with no runtime alive.
template <class F>
void everywhere(F f) {
  {
    SCOPED_TRACE("a goroutine");
    run([&] { f(); });
  }
  {
    SCOPED_TRACE("a plain thread");
    const offset::runtime world;
    f();
  }
  {
    SCOPED_TRACE("no runtime");
    f();
  }
}

// Beside the caller: a goroutine where there is a runtime, a thread otherwise.
template <class F>
void beside(F f) {
  if (offset::goroutine_id() != 0)
    offset::go(std::move(f));
  else
    std::thread(std::move(f)).detach();
}

// --- channels

TEST(ContextChan, AnswersLikeThePlainOperations) {
  everywhere([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    for (const context& c : {ctx, context::background()}) {
      auto buffered = make_chan<std::string>(1);
      EXPECT_EQ(buffered.send(c, "a"), op_status::ok);
      std::string v;
      EXPECT_EQ(buffered.recv(c, v), op_status::ok);
      EXPECT_EQ(v, "a");
      auto unbuffered = make_chan<std::string>();
      beside([=] { unbuffered.send("b"); });
      EXPECT_EQ(unbuffered.recv(c, v), op_status::ok);
      EXPECT_EQ(v, "b");
      auto back = make_chan<std::string>(1);
      beside([=] { back.send(*unbuffered.recv()); });
      EXPECT_EQ(unbuffered.send(c, "c"), op_status::ok);
      EXPECT_EQ(*back.recv(), "c");
      auto unit = make_chan<void>(1);
      EXPECT_EQ(unit.send(c), op_status::ok);
      EXPECT_EQ(unit.recv(c), op_status::ok);
    }
  });
}

TEST(ContextChan, DoneAlreadyIsCanceledThoughReady) {
  everywhere([] {
    const context ctx = done_context();
    test::ledger ledger;
    auto c = make_chan<test::counted>(2);
    c.send(test::counted(&ledger, 1));
    test::counted out(&ledger, 7);
    EXPECT_EQ(c.recv(ctx, out), op_status::canceled);
    EXPECT_EQ(out.value(), 7);
    test::counted in(&ledger, 8);
    EXPECT_EQ(c.send(ctx, std::move(in)), op_status::canceled);
    EXPECT_EQ(in.value(), 8) << "moved from only when it is sent";
    EXPECT_EQ(c.len(), 1U);
    int v = 7;
    auto ints = make_chan<int>(1);
    ints.send(1);
    EXPECT_EQ(ints.recv(ctx, v), op_status::canceled);
    EXPECT_EQ(v, 7);
    auto closed = make_chan<int>();
    closed.close();
    EXPECT_EQ(closed.recv(ctx, v), op_status::canceled);
    EXPECT_EQ(closed.send(ctx, 1), op_status::canceled);
    auto unit = make_chan<void>(1);
    EXPECT_EQ(unit.send(ctx), op_status::canceled);
    EXPECT_EQ(unit.recv(ctx), op_status::canceled);
    EXPECT_EQ(offset::chan<int>().recv(ctx, v), op_status::canceled);
  });
}

TEST(ContextChan, CanceledWhileItWaits) {
  everywhere([] {
    test::ledger ledger;
    {
      auto full = make_chan<test::counted>();
      auto empty = make_chan<test::counted>();
      auto [ctx, cancel] = context::with_cancel(context::background());
      beside([=, stop = cancel] {
        EXPECT_TRUE(test::await_senders(full, 1));
        stop();
      });
      test::counted in(&ledger, 8);
      EXPECT_EQ(full.send(ctx, std::move(in)), op_status::canceled);
      EXPECT_EQ(in.value(), 8);
      EXPECT_EQ(test::senders_of(full), 0U) << "out of the queue";
      EXPECT_EQ(full.try_recv(in), op_status::would_block);

      auto [ctx2, cancel2] = context::with_cancel(context::background());
      beside([=, stop = cancel2] {
        EXPECT_TRUE(test::await_receivers(empty, 1));
        stop();
      });
      EXPECT_EQ(empty.recv(ctx2, in), op_status::canceled);
      EXPECT_EQ(in.value(), 8);
      EXPECT_EQ(test::receivers_of(empty), 0U);
      EXPECT_EQ(empty.try_send(test::counted(&ledger, 1)), op_status::would_block);
    }
    EXPECT_EQ(ledger.errors.load(), 0);
  });
}

TEST(ContextChan, ClosedWhileItWaits) {
  everywhere([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto c = make_chan<std::string>();
    beside([=] {
      EXPECT_TRUE(test::await_senders(c, 1));
      c.close();
    });
    std::string v = "kept";
    EXPECT_EQ(c.send(ctx, v), op_status::closed);
    EXPECT_EQ(c.send(ctx, v), op_status::closed);
    EXPECT_EQ(c.recv(ctx, v), op_status::closed);
    EXPECT_EQ(v, "kept");
    auto d = make_chan<std::string>();
    beside([=] {
      EXPECT_TRUE(test::await_receivers(d, 1));
      d.close();
    });
    EXPECT_EQ(d.recv(ctx, v), op_status::closed);
    EXPECT_EQ(v, "kept");
  });
}

TEST(ContextChan, NilWaitsForTheContext) {
  everywhere([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    const auto done = ctx.done();
    for (int k = 0; k < 2; ++k) {
      auto [below, stop] = context::with_cancel(ctx);
      beside([stop = stop, d = below.done()] {
        EXPECT_TRUE(test::await_receivers(d, 1));
        stop();
      });
      int v = 7;
      if (k == 0)
        EXPECT_EQ(offset::chan<int>().recv(below, v), op_status::canceled);
      else
        EXPECT_EQ(offset::chan<int>().send(below, 1), op_status::canceled);
      EXPECT_EQ(v, 7);
    }
  });
}

TEST(ContextChan, ADeadlineEndsTheWait) {
  run([] {
    const auto until = steady_clock::now() + 2ms;
    auto [ctx, cancel] = context::with_deadline(context::background(), until);
    int v = 0;
    EXPECT_EQ(make_chan<int>().recv(ctx, v), op_status::canceled);
    EXPECT_GE(steady_clock::now(), until);
    EXPECT_EQ(ctx.err(), offset::context_errc::deadline_exceeded);
  });
}

// One context, everybody who waits with it or below it.
TEST(ContextChan, OneCancelWakesAll) {
  run([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto c = make_chan<int>();
    offset::sync::wait_group all;
    std::atomic<int> canceled{0};
    constexpr int waiters = 100;
    for (int i = 0; i < waiters; ++i)
      all.go([&, ctx = i % 2 == 0 ? ctx : context::with_cancel(ctx).ctx] {
        int v = 0;
        if (c.recv(ctx, v) == op_status::canceled) ++canceled;
      });
    EXPECT_TRUE(test::await_receivers(c, waiters));
    cancel();
    all.wait();
    EXPECT_EQ(canceled.load(), waiters);
    EXPECT_EQ(test::receivers_of(c), 0U);
  });
}

// Of a value and a cancel at once either comes; the value is never lost.
TEST(ContextChan, AValueIsReceivedOrStaysWithItsSender) {
  run([] {
    for (int i = 0; i < 2'000; ++i) {
      auto [ctx, cancel] = context::with_cancel(context::background());
      auto c = make_chan<int>();
      auto received = make_chan<bool>(1);
      offset::go([=, ctx = ctx] {
        int v = 0;
        received.send(c.recv(ctx, v) == op_status::ok);
      });
      offset::go([cancel = cancel] { cancel(); });
      auto [own, stop] = context::with_cancel(ctx);
      const bool sent = c.send(own, 1) == op_status::ok;
      ASSERT_EQ(*received.recv(), sent) << i;
    }
  });
}

// The context's handles may all go while somebody waits with one of them. In a bubble, so that the
// deadline comes after they have.
TEST(ContextChan, TheWaitKeepsTheContext) {
  offset::testing::bubble([] {
    auto ctx = std::make_unique<context>();
    auto [made, cancel] = context::with_timeout(context::background(), 5ms);
    *ctx = made;
    auto status = make_chan<op_status>(1);
    auto c = make_chan<int>();
    offset::go([=, at = ctx.get()] {
      int v = 0;
      status.send(c.recv(*at, v));
    });
    offset::testing::wait_idle();
    EXPECT_EQ(test::receivers_of(c), 1U);
    made = context();
    cancel = offset::cancel_func();
    ctx.reset();
    EXPECT_EQ(*status.recv(), op_status::canceled);
  });
}

// --- sleep

TEST(ContextSleep, AsLongOrUntilCanceled) {
  everywhere([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    for (const context& c : {ctx, context::background()}) {
      const auto began = steady_clock::now();
      EXPECT_EQ(offset::time::sleep(c, 2ms), op_status::ok);
      EXPECT_GE(steady_clock::now() - began, 2ms);
      EXPECT_EQ(offset::time::sleep(c, 0ms), op_status::ok);
      EXPECT_EQ(offset::time::sleep(c, -1h), op_status::ok);
    }
    beside([cancel = cancel, done = ctx.done()] {
      EXPECT_TRUE(test::await_receivers(done, 1));
      cancel();
    });
    EXPECT_EQ(offset::time::sleep(ctx, 1h), op_status::canceled);
    EXPECT_EQ(offset::time::sleep(ctx, 1h), op_status::canceled);
    EXPECT_EQ(offset::time::sleep(ctx, 0h), op_status::canceled);
    auto [ever, stop] = context::with_cancel(context::background());
    beside([stop = stop, done = ever.done()] {
      EXPECT_TRUE(test::await_receivers(done, 1));
      stop();
    });
    EXPECT_EQ(offset::time::sleep(ever, std::chrono::hours::max()), op_status::canceled);
  });
}

// --- select

TEST(ContextSelect, IfDone) {
  everywhere([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    auto c = make_chan<int>();
    EXPECT_EQ(select(c.if_recv(), ctx.if_done(), offset::otherwise([] {})), 2U);
    bool handled = false;
    beside([cancel = cancel, c] {
      EXPECT_TRUE(test::await_receivers(c, 1));
      cancel();
    });
    EXPECT_EQ(select(c.if_recv(), ctx.if_done([&] { handled = true; })), 1U);
    EXPECT_TRUE(handled);
    EXPECT_EQ(test::receivers_of(c), 0U);
    EXPECT_EQ(select(c.if_recv(), ctx.if_done()), 1U);
    // Never ready.
    EXPECT_EQ(select(context::background().if_done(), offset::otherwise([] {})), 1U);
    // In a list made at run time.
    std::vector<offset::select_case> list;
    list.emplace_back(c.if_recv());
    list.emplace_back(ctx.if_done([&] { handled = false; }));
    EXPECT_EQ(select(list), 1U);
    EXPECT_FALSE(handled);
  });
}

TEST(ContextSelect, AValueAndADoneContextAreChosenFairly) {
  run([] {
    const context ctx = done_context();
    auto c = make_chan<void>();
    c.close();
    int chosen[2] = {};
    for (int i = 0; i < 1'000; ++i) ++chosen[select(c.if_recv(), ctx.if_done())];
    EXPECT_GT(chosen[0], 100);
    EXPECT_GT(chosen[1], 100);
  });
}

// --- a level, not an event

TEST(ContextLevel, CanceledOnceEveryLaterWaitIsCanceled) {
  everywhere([] {
    auto [ctx, cancel] = context::with_cancel(context::background());
    const context below = context::with_cancel(ctx).ctx;
    auto full = make_chan<int>(1);
    full.send(0);
    auto ready = make_chan<int>(1);
    auto value = make_chan<int>(1);
    value.send(0);
    cancel();
    for (int i = 0; i < 100; ++i) {
      int v = 0;
      for (const context& c : {ctx, below}) {
        ASSERT_EQ(full.send(c, 1), op_status::canceled);
        ASSERT_EQ(ready.send(c, 1), op_status::canceled);
        ASSERT_EQ(ready.recv(c, v), op_status::canceled);
        ASSERT_EQ(value.recv(c, v), op_status::canceled);
        ASSERT_EQ(offset::time::sleep(c, 1h), op_status::canceled);
        ASSERT_FALSE(c.done().recv());
        ASSERT_EQ(select(ready.if_recv(), c.if_done()), 1U);
      }
    }
  });
}

}  // namespace
