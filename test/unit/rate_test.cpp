// rate::limiter and sometimes.
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::run;
using offset::rate::limiter;
using offset::rate::sometimes;
namespace rate = offset::rate;
using offset::time::time_point;

namespace {

const time_point t0 = offset::time::clock::now();

TEST(Rate, Every) {
  EXPECT_DOUBLE_EQ(rate::every(100ms), 10);
  EXPECT_DOUBLE_EQ(rate::every(2s), 0.5);
  EXPECT_DOUBLE_EQ(rate::every(std::chrono::duration<double>(0.25)), 4);
  EXPECT_EQ(rate::every(0s), rate::inf);
  EXPECT_EQ(rate::every(-1s), rate::inf);
}

TEST(Limiter, BeginsFullAndFillsUpToItsBurst) {
  limiter l(10, 5);
  EXPECT_EQ(l.limit(), 10);
  EXPECT_EQ(l.burst(), 5);
  EXPECT_DOUBLE_EQ(l.tokens_at(t0), 5);
  EXPECT_TRUE(l.allow_n(t0, 5));
  EXPECT_FALSE(l.allow_n(t0, 1));
  EXPECT_TRUE(l.allow_n(t0, 0));
  EXPECT_DOUBLE_EQ(l.tokens_at(t0 + 250ms), 2.5);
  EXPECT_TRUE(l.allow_n(t0 + 250ms, 2));
  EXPECT_FALSE(l.allow_n(t0 + 250ms, 1));
  EXPECT_DOUBLE_EQ(l.tokens_at(t0 + 1h), 5);
  EXPECT_FALSE(l.allow_n(t0 + 1h, 6));
  EXPECT_DOUBLE_EQ(l.tokens_at(t0 + 1h), 5) << "what is refused takes nothing";
}

TEST(Limiter, ReservationsQueueUp) {
  limiter l(10, 1);
  for (int i = 0; i < 5; ++i) {
    const rate::reservation r = l.reserve_n(t0, 1);
    EXPECT_TRUE(r.ok());
    EXPECT_EQ(r.delay_from(t0), i * 100ms);
    EXPECT_EQ(r.delay_from(t0 + 1s), 0s) << "never negative";
  }
  EXPECT_DOUBLE_EQ(l.tokens_at(t0), -4);
  const rate::reservation none = l.reserve_n(t0, 2);
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(none.delay(), rate::forever);
  none.cancel();
  EXPECT_DOUBLE_EQ(l.tokens_at(t0), -4);
  EXPECT_FALSE(rate::reservation().ok());
  rate::reservation().cancel();
}

TEST(Limiter, CancelGivesBack) {
  limiter l(10, 2);
  EXPECT_TRUE(l.allow_n(t0, 2));
  const rate::reservation r = l.reserve_n(t0, 2);
  EXPECT_EQ(r.delay_from(t0), 200ms);
  r.cancel_at(t0);
  EXPECT_DOUBLE_EQ(l.tokens_at(t0), 0);
  EXPECT_EQ(l.reserve_n(t0, 1).delay_from(t0), 100ms);
}

TEST(Limiter, WithoutALimitEverythingPassesAndNothingIsTaken) {
  limiter l(rate::inf, 0);
  EXPECT_TRUE(l.allow());
  const rate::reservation r = l.reserve_n(t0, 1'000'000);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.delay_from(t0), 0s);
  l.wait(50);  // more than the burst
  l.set_burst_at(t0, 3);
  l.set_limit_at(t0, 10);
  r.cancel_at(t0);
  EXPECT_FALSE(l.allow_n(t0, 1)) << "there never was a token";
  EXPECT_TRUE(l.allow_n(t0 + 100ms, 1));
}

TEST(Limiter, AtLimitZeroTheBurstIsAllThereIs) {
  limiter l(0, 2);
  EXPECT_TRUE(l.allow_n(t0, 2));
  EXPECT_FALSE(l.allow_n(t0 + 1000h, 1));
  const rate::reservation r = l.reserve_n(t0, 1);
  EXPECT_EQ(r.delay_from(t0 + 1000h), rate::forever);
}

TEST(Limiter, TimesOutOfTheWayDoNotOverflow) {
  limiter l(1e-12, 1);
  EXPECT_TRUE(l.allow_n(time_point::min(), 1));
  EXPECT_FALSE(l.allow_n(t0, 1));
  limiter m(1e9, 5);
  EXPECT_TRUE(m.allow_n(time_point::max(), 5));
  EXPECT_EQ(m.reserve_n(time_point::max(), 5).delay_from(t0), rate::forever);
  EXPECT_TRUE(limiter(1e300, 1).allow_n(t0, 1));
}

TEST(Limiter, WaitTakesAsLongAsItMust) {
  run([] {
    limiter l(100, 1);
    const auto begin = offset::time::clock::now();
    l.wait();
    for (int i = 0; i < 5; ++i) l.wait();
    EXPECT_GE(offset::time::clock::now() - begin, 49ms);
  });
  limiter l(100, 2);  // a plain thread
  const auto begin = offset::time::clock::now();
  l.wait(2);
  l.wait(2);
  EXPECT_GE(offset::time::clock::now() - begin, 19ms);
}

TEST(Limiter, WaitForMoreThanTheBurst) {
  limiter l(10, 3);
  try {
    l.wait(4);
    FAIL() << "it waited";
  } catch (const rate::wait_error& e) {
    EXPECT_EQ(e.what(), std::string("rate: Wait(n=4) exceeds limiter's burst 3"));
  }
  EXPECT_DOUBLE_EQ(l.tokens(), 3);
}

TEST(Limiter, ReserveWithAMostDelay) {
  limiter l(10, 2);
  EXPECT_TRUE(l.allow_n(t0, 2));
  EXPECT_FALSE(l.reserve_n(t0, 2, 199ms).ok());
  EXPECT_EQ(l.reserve_n(t0, 2, 200ms).delay_from(t0), 200ms);
}

TEST(Limiter, WaitWithAContext) {
  run([] {
    using offset::context;
    using offset::op_status;
    const context root = context::background();
    limiter l(1e-3, 2);
    EXPECT_EQ(l.wait(root), op_status::ok);
    EXPECT_THROW(l.wait(root, 3), rate::wait_error);
    EXPECT_THROW(l.wait(context()), offset::panic_error);
    {
      const auto [ctx, cancel] = context::with_cancel(root);
      cancel();
      EXPECT_EQ(l.wait(ctx), op_status::canceled) << "although there is a token";
    }
    EXPECT_EQ(l.wait(root), op_status::ok);
    {
      const auto [ctx, cancel] = context::with_timeout(root, 1min);
      try {
        l.wait(ctx);
        ADD_FAILURE() << "it waited";
      } catch (const rate::wait_error& e) {
        EXPECT_EQ(e.what(), std::string("rate: Wait(n=1) would exceed context deadline"));
      }
      cancel();
    }
    const double before = l.tokens();
    auto [ctx, cancel] = context::with_cancel(root);
    offset::sync::wait_group all;
    for (int i = 0; i < 5; ++i)
      all.go([&l, i, c = ctx] { EXPECT_EQ(l.wait(c, 1 + i % 2), op_status::canceled); });
    ASSERT_TRUE(test::await([&] { return l.tokens() < before - 4; })) << "they have reserved";
    cancel();
    all.wait();
  });
}

// What a wait that is cancelled had reserved is there for others.
TEST(Limiter, ACancelledWaitGivesBack) {
  run([] {
    limiter l(1e-3, 1);
    l.wait();
    auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    offset::sync::wait_group all;
    all.go([&l, c = ctx] { EXPECT_EQ(l.wait(c), offset::op_status::canceled); });
    ASSERT_TRUE(test::await([&] { return l.tokens() < -0.5; }));
    cancel();
    all.wait();
    EXPECT_GE(l.tokens(), 0);
  });
}

// Over all, no more than the burst passes, whoever asks.
TEST(Limiter, ManyAtOnce) {
  run([] {
    limiter l(0, 1000);
    std::atomic<int> passed{0};
    const auto take = [&] {
      for (int i = 0; i < 400; ++i)
        if (l.allow()) ++passed;
    };
    offset::sync::wait_group all;
    for (int g = 0; g < 4; ++g) all.go(take);
    std::thread plain(take);
    all.wait();
    plain.join();
    EXPECT_EQ(passed.load(), 1000);
  });
}

std::vector<int> runs_of(sometimes& s, int calls) {
  std::vector<int> ran;
  for (int i = 0; i < calls; ++i) s.run([&] { ran.push_back(i); });
  return ran;
}
using list = std::vector<int>;

TEST(Sometimes, Rules) {
  sometimes none{};
  EXPECT_EQ(runs_of(none, 10), (list{0}));
  sometimes first{.first = 3};
  EXPECT_EQ(runs_of(first, 10), (list{0, 1, 2}));
  sometimes every{.every = 4};
  EXPECT_EQ(runs_of(every, 10), (list{0, 4, 8}));
  sometimes both{.first = 2, .every = 4};
  EXPECT_EQ(runs_of(both, 10), (list{0, 1, 4, 8}));
  sometimes seldom{.interval = 1h};
  EXPECT_EQ(runs_of(seldom, 10), (list{0}));
  sometimes always{.interval = 1ns};
  EXPECT_EQ(runs_of(always, 1).size(), 1U);
}

TEST(Sometimes, AfterTheIntervalItRunsAgain) {
  sometimes s{.interval = 5ms};
  int ran = 0;
  const auto begin = offset::time::clock::now();
  EXPECT_TRUE(test::await([&] {
    s.run([&] { ++ran; });
    return ran == 4;
  }));
  EXPECT_GE(offset::time::clock::now() - begin, 15ms);
}

TEST(Sometimes, ACallThatThrowsDoesNotCount) {
  sometimes s{};
  EXPECT_THROW(s.run([] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(runs_of(s, 3), (list{0}));
}

TEST(Sometimes, ACallWaitsWhileAnotherRuns) {
  run([] {
    sometimes s{.first = 2};
    auto inside = offset::make_chan<void>();
    auto go_on = offset::make_chan<void>();
    std::atomic<bool> over{false};
    offset::sync::wait_group all;
    all.go([&] {
      s.run([&] {
        inside.close();
        (void)go_on.recv();
        over = true;
      });
    });
    (void)inside.recv();
    all.go([&] { s.run([&] { EXPECT_TRUE(over.load()); }); });
    offset::yield();
    go_on.close();
    all.wait();
  });
}

TEST(Sometimes, WithAContextItWaitsNoLonger) {
  run([] {
    sometimes s{.first = 3};
    auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    EXPECT_EQ(s.run(ctx, [] {}), offset::op_status::ok);
    s.run([&, c = ctx, stop = cancel] {
      offset::sync::wait_group waiter;
      waiter.go([&] { EXPECT_EQ(s.run(c, [] { ADD_FAILURE(); }), offset::op_status::canceled); });
      offset::yield();
      stop();
      waiter.wait();
    });
    EXPECT_EQ(s.run(ctx, [] { ADD_FAILURE(); }), offset::op_status::canceled);
  });
}

}  // namespace
