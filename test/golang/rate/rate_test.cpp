// golang.org/x/time/rate/rate_test.go. The tables are Go's, in multiples of d. Where Go turns a
// clock of its own, waiting here is real, and only its lower bound is looked at.
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::context;
using offset::op_status;
using offset::run;
using offset::rate::limiter;
using offset::rate::reservation;
using offset::time::time_point;
namespace rate = offset::rate;
using duration = offset::time::clock::duration;

namespace {

constexpr duration d = 100ms;
const time_point t0 = offset::time::clock::now();
time_point t(int n) { return t0 + n * d; }

// TestLimit
TEST(GoRate, Limit) { EXPECT_NE(rate::limit(10), rate::inf); }

// TestEvery
TEST(GoRate, Every) {
  const struct {
    duration interval;
    rate::limit lim;
  } cases[] = {
      {0ns, rate::inf},
      {-1ns, rate::inf},
      {1ns, 1e9},
      {1us, 1e6},
      {1ms, 1e3},
      {10ms, 100},
      {100ms, 10},
      {1s, 1},
      {2s, 0.5},
      {2500ms, 0.4},
      {4s, 0.25},
      {10s, 0.1},
      {duration::max(), 1e9 / 9223372036854775807.0},
  };
  for (const auto& c : cases) EXPECT_DOUBLE_EQ(rate::every(c.interval), c.lim);
}

struct allow {
  int t;
  double tokens;  // before
  int n;
  bool ok;
};

void run_allows(limiter& lim, const std::vector<allow>& allows) {
  int step = 0;
  for (const allow& a : allows) {
    SCOPED_TRACE("step " + std::to_string(step++));
    EXPECT_NEAR(lim.tokens_at(t(a.t)), a.tokens, 1e-6);
    EXPECT_EQ(lim.allow_n(t(a.t), a.n), a.ok);
  }
}

// TestLimiterBurst1
TEST(GoRate, LimiterBurst1) {
  limiter lim(10, 1);
  run_allows(lim, {
                      {0, 1, 1, true},
                      {0, 0, 1, false},
                      {0, 0, 1, false},
                      {1, 1, 1, true},
                      {1, 0, 1, false},
                      {1, 0, 1, false},
                      {2, 1, 2, false},  // more than the burst never passes
                      {2, 1, 1, true},
                      {2, 0, 1, false},
                  });
}

// TestLimiterBurst3
TEST(GoRate, LimiterBurst3) {
  limiter lim(10, 3);
  run_allows(lim, {
                      {0, 3, 2, true},
                      {0, 1, 2, false},
                      {0, 1, 1, true},
                      {0, 0, 1, false},
                      {1, 1, 4, false},
                      {2, 2, 1, true},
                      {3, 2, 1, true},
                      {4, 2, 1, true},
                      {4, 1, 1, true},
                      {4, 0, 1, false},
                      {4, 0, 1, false},
                      {9, 3, 3, true},
                      {9, 0, 0, true},
                  });
}

// TestLimiterJumpBackwards
TEST(GoRate, LimiterJumpBackwards) {
  limiter lim(10, 3);
  run_allows(lim, {
                      {1, 3, 1, true},  // begins at t1
                      {0, 2, 1, true},  // back to t0: two are left
                      {0, 1, 1, true},
                      {0, 0, 1, false},
                      {0, 0, 1, false},
                      {1, 1, 1, true},  // and one more
                      {1, 0, 1, false},
                      {1, 0, 1, false},
                      {2, 1, 1, true},
                      {2, 0, 1, false},
                      {2, 0, 1, false},
                  });
}

// TestLimiter_noTruncationErrors (issue 34861)
TEST(GoRate, LimiterNoTruncationErrors) { EXPECT_TRUE(limiter(0.7692307692307693, 1).allow()); }

// TestSimultaneousRequests. So slow that no token comes while the test runs.
TEST(GoRate, SimultaneousRequests) {
  run([] {
    limiter lim(1e-3, 5);
    std::atomic<int> passed{0};
    offset::sync::wait_group all;
    for (int i = 0; i < 15; ++i)
      all.go([&] {
        if (lim.allow()) ++passed;
      });
    all.wait();
    EXPECT_EQ(passed.load(), 5);
  });
}

// TestLongRunningQPS: five seconds, made up, of 500 requests each.
TEST(GoRate, LongRunningQPS) {
  limiter lim(100, 100);
  int passed = 0;
  for (time_point now = t0; now < t0 + 5s; now += 2ms)
    if (lim.allow_n(now, 1)) ++passed;
  const double ideal = 100 + 100 * 5;
  EXPECT_LE(passed, static_cast<int>(ideal + 1));
  EXPECT_GE(passed, static_cast<int>(0.999 * ideal));
}

struct request {
  int t;
  int n;
  int act;
  bool ok;
};

reservation run_reserve(limiter& lim, const request& r, duration most = rate::forever) {
  const reservation got = lim.reserve_n(t(r.t), r.n, most);
  EXPECT_EQ(got.ok(), r.ok) << "t" << r.t << ", " << r.n;
  if (got.ok() && r.ok) {
    // Since t0, rounded to multiples of d; t0 lies before all of them.
    const duration at = got.delay_from(t0 - 1h) - 1h;
    EXPECT_EQ((at + d / 2) / d, r.act) << "t" << r.t << ", " << r.n;
  }
  return got;
}

// TestSimpleReserve
TEST(GoRate, SimpleReserve) {
  limiter lim(10, 2);
  run_reserve(lim, {0, 2, 0, true});
  run_reserve(lim, {0, 2, 2, true});
  run_reserve(lim, {3, 2, 4, true});
}

// TestMix
TEST(GoRate, Mix) {
  limiter lim(10, 2);
  run_reserve(lim, {0, 3, 1, false});  // more than the burst
  run_reserve(lim, {0, 2, 0, true});
  run_allows(lim, {{1, 1, 2, false}});  // not enough
  run_reserve(lim, {1, 2, 2, true});
  run_allows(lim, {{1, -1, 1, false}});  // below none
  run_allows(lim, {{3, 1, 1, true}});
}

// TestCancelInvalid
TEST(GoRate, CancelInvalid) {
  limiter lim(10, 2);
  run_reserve(lim, {0, 2, 0, true});
  run_reserve(lim, {0, 3, 3, false}).cancel_at(t(0));  // nothing to give back
  run_reserve(lim, {0, 2, 2, true});
}

// TestCancelLast
TEST(GoRate, CancelLast) {
  limiter lim(10, 2);
  run_reserve(lim, {0, 2, 0, true});
  run_reserve(lim, {0, 2, 2, true}).cancel_at(t(1));  // both back
  run_reserve(lim, {1, 2, 2, true});
}

// TestCancelTooLate
TEST(GoRate, CancelTooLate) {
  limiter lim(10, 2);
  run_reserve(lim, {0, 2, 0, true});
  run_reserve(lim, {0, 2, 2, true}).cancel_at(t(3));
  run_reserve(lim, {3, 2, 4, true});
}

// TestCancel0Tokens
TEST(GoRate, Cancel0Tokens) {
  limiter lim(10, 2);
  run_reserve(lim, {0, 2, 0, true});
  const reservation r = run_reserve(lim, {0, 1, 1, true});
  run_reserve(lim, {0, 1, 2, true});
  r.cancel_at(t(0));  // the one after it stands on it
  run_reserve(lim, {0, 1, 3, true});
}

// TestCancel1Token
TEST(GoRate, Cancel1Token) {
  limiter lim(10, 2);
  run_reserve(lim, {0, 2, 0, true});
  const reservation r = run_reserve(lim, {0, 2, 2, true});
  run_reserve(lim, {0, 1, 3, true});
  r.cancel_at(t(2));  // one back
  run_reserve(lim, {2, 2, 4, true});
}

// TestCancelMulti
TEST(GoRate, CancelMulti) {
  limiter lim(10, 4);
  run_reserve(lim, {0, 4, 0, true});
  const reservation a = run_reserve(lim, {0, 3, 3, true});
  run_reserve(lim, {0, 1, 4, true});
  const reservation c = run_reserve(lim, {0, 1, 5, true});
  c.cancel_at(t(1));  // one back
  a.cancel_at(t(1));  // two back, as if c had never been
  run_reserve(lim, {1, 3, 5, true});
}

// TestReserveJumpBack
TEST(GoRate, ReserveJumpBack) {
  limiter lim(10, 2);
  run_reserve(lim, {1, 2, 1, true});  // begins at t1
  run_reserve(lim, {0, 1, 1, true});  // more than the limit allows
  run_reserve(lim, {2, 2, 3, true});
  run_reserve(lim, {0, 3, 0, false});  // more than the burst: changes nothing
  run_reserve(lim, {2, 1, 4, true});
  run_reserve(lim, {0, 2, 0, false}, d);  // too far: changes nothing
  run_reserve(lim, {2, 1, 5, true});
}

// TestReserveJumpBackCancel
TEST(GoRate, ReserveJumpBackCancel) {
  limiter lim(10, 2);
  run_reserve(lim, {1, 2, 1, true});
  const reservation r = run_reserve(lim, {1, 2, 3, true});
  run_reserve(lim, {1, 1, 4, true});
  r.cancel_at(t(0));  // one back
  run_reserve(lim, {1, 2, 4, true});
}

// TestReserveSetLimit
TEST(GoRate, ReserveSetLimit) {
  limiter lim(5, 2);
  run_reserve(lim, {0, 2, 0, true});
  run_reserve(lim, {0, 2, 4, true});
  lim.set_limit_at(t(2), 10);
  run_reserve(lim, {2, 1, 4, true});
}

// TestReserveSetBurst
TEST(GoRate, ReserveSetBurst) {
  limiter lim(5, 2);
  run_reserve(lim, {0, 2, 0, true});
  run_reserve(lim, {0, 2, 4, true});
  lim.set_burst_at(t(3), 4);
  run_reserve(lim, {0, 4, 9, true});
}

// TestReserveSetLimitCancel
TEST(GoRate, ReserveSetLimitCancel) {
  limiter lim(5, 2);
  run_reserve(lim, {0, 2, 0, true});
  const reservation r = run_reserve(lim, {0, 2, 4, true});
  lim.set_limit_at(t(2), 10);
  r.cancel_at(t(2));  // both back
  run_reserve(lim, {2, 2, 3, true});
}

// TestReserveMax
TEST(GoRate, ReserveMax) {
  limiter lim(10, 2);
  run_reserve(lim, {0, 2, 0, true}, d);
  run_reserve(lim, {0, 1, 1, true}, d);   // the near future
  run_reserve(lim, {0, 1, 2, false}, d);  // too far
}

// What a wait came to, and that it took `least` at least. Go's runWait.
std::string run_wait(limiter& lim, const context& ctx, int n, duration least = {}) {
  const time_point start = offset::time::clock::now();
  std::string outcome;
  try {
    outcome = lim.wait(ctx, n) == op_status::ok ? "ok" : ctx.err().message();
  } catch (const rate::wait_error& e) {
    outcome = e.what();
  }
  EXPECT_GE(offset::time::clock::now() - start, least);
  return outcome;
}

// TestWaitSimple
TEST(GoRate, WaitSimple) {
  run([] {
    limiter lim(10, 3);
    auto [ctx, cancel] = context::with_cancel(context::background());
    cancel();
    EXPECT_EQ(run_wait(lim, ctx, 1), "context canceled");
    const context root = context::background();
    EXPECT_EQ(run_wait(lim, root, 4), "rate: Wait(n=4) exceeds limiter's burst 3");
    const time_point start = offset::time::clock::now();
    EXPECT_EQ(run_wait(lim, root, 2), "ok");  // at once
    EXPECT_EQ(run_wait(lim, root, 3), "ok");  // there is one: two more take 2 d
    EXPECT_GE(offset::time::clock::now() - start, 2 * d);
  });
}

// TestWaitCancel: what a cancelled wait had reserved is given back. So slow a limit that it
// matters.
TEST(GoRate, WaitCancel) {
  run([] {
    limiter lim(1e-3, 3);
    auto [ctx, cancel] = context::with_cancel(context::background());
    EXPECT_EQ(run_wait(lim, ctx, 2), "ok");  // leaves one
    offset::sync::wait_group all;
    all.go([&lim, cancel = cancel] {
      EXPECT_TRUE(test::await([&] { return lim.tokens() < 0; }));  // it waits
      offset::time::sleep(10ms);
      cancel();
    });
    EXPECT_EQ(run_wait(lim, ctx, 3, 10ms), "context canceled");
    all.wait();
    EXPECT_GE(lim.tokens(), 1);
    EXPECT_EQ(run_wait(lim, context::background(), 1), "ok");
  });
}

// TestWaitTimeout: it does not begin to wait for what comes after the deadline.
TEST(GoRate, WaitTimeout) {
  run([] {
    limiter lim(1e-3, 3);
    auto [ctx, cancel] = context::with_timeout(context::background(), 1min);
    EXPECT_EQ(run_wait(lim, ctx, 2), "ok");
    EXPECT_EQ(run_wait(lim, ctx, 3), "rate: Wait(n=3) would exceed context deadline");
    EXPECT_EQ(run_wait(lim, ctx, 1), "ok") << "it took nothing";
    cancel();
  });
}

// TestWaitInf: without a limit, the burst does not matter.
TEST(GoRate, WaitInf) {
  run([] {
    limiter lim(rate::inf, 0);
    EXPECT_EQ(run_wait(lim, context::background(), 3), "ok");
  });
}

// TestZeroLimit
TEST(GoRate, ZeroLimit) {
  limiter r(0, 1);
  EXPECT_TRUE(r.allow());
  EXPECT_FALSE(r.allow());
}

// TestSetAfterZeroLimit
TEST(GoRate, SetAfterZeroLimit) {
  run([] {
    limiter lim(0, 1);
    EXPECT_TRUE(lim.allow());
    EXPECT_FALSE(lim.allow());
    const time_point start = offset::time::clock::now();
    lim.set_limit(10);
    EXPECT_EQ(run_wait(lim, context::background(), 1), "ok");
    EXPECT_GE(offset::time::clock::now() - start, d - 1us);
  });
}

// TestTinyLimit (issue 71154)
TEST(GoRate, TinyLimit) {
  limiter lim(1e-10, 1);
  EXPECT_TRUE(lim.allow());
  EXPECT_FALSE(lim.allow());
}

}  // namespace
