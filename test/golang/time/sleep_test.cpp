// Go: src/time/sleep_test.go (1.19, and 1.23 where it is newer). Go keeps an AfterFunc's timer for
// as long as it is set; here whoever wants it to fire keeps it.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::otherwise;
using offset::select;
using offset::time::after;
using offset::time::after_func;
using offset::time::ticker;
using offset::time::timer;

namespace {

using clock_type = offset::time::clock;
using nanoseconds = std::chrono::nanoseconds;

// At least as long, however often its carriers are woken meanwhile.
TEST(Sleep, TestSleep) {
  offset::run([] {
    constexpr auto delay = 100ms;
    std::atomic<bool> awake{false};
    offset::sync::wait_group all;
    all.go([&] {
      while (!awake.load()) {
        offset::time::sleep(1ms);
        offset::go([] {});
      }
    });
    const auto start = clock_type::now();
    offset::time::sleep(delay);
    EXPECT_GE(clock_type::now() - start, delay);
    awake.store(true);
    all.wait();
  });
}

// Each function has a goroutine of its own: that they sleep does not delay the chain.
TEST(Sleep, TestAfterFunc) {
  offset::run([] {
    struct state {
      std::array<timer, 11> timers;
      std::atomic<int> left{10};
      std::atomic<int> awake{0};
    };
    const auto s = std::make_shared<state>();
    auto done = make_chan<int>();
    struct link {
      static void run(const std::shared_ptr<state>& t, const offset::chan<int>& end) {
        const int n = --t->left;
        if (n < 0) {
          end.send(t->awake.load());
          return;
        }
        t->timers[static_cast<std::size_t>(n)] = after_func(0s, [=] { run(t, end); });
        offset::time::sleep(1h);
        ++t->awake;
      }
    };
    s->timers[10] = after_func(0s, [=] { link::run(s, done); });
    EXPECT_EQ(done.recv(), 0);
  });
}

// TestAfterStress in 1.19. Go collects garbage meanwhile; here somebody sleeps all the time.
void ticker_stress(int goroutines) {
  offset::run([=] {
    std::atomic<bool> stop{false};
    offset::sync::wait_group background;
    background.go([&] {
      while (!stop.load()) offset::time::sleep(1ns);
    });
    ticker t(1ns);
    std::atomic<int> ticks{0};
    offset::sync::wait_group all;
    for (int g = 0; g < goroutines; ++g)
      all.go([&] {
        for (int i = 0; i < 100; ++i) ticks += t.c().recv().has_value() ? 1 : 0;
      });
    all.wait();
    t.stop();
    stop.store(true);
    background.wait();
    EXPECT_EQ(ticks.load(), 100 * goroutines);
  });
}
TEST(Sleep, TestTickerStress) { ticker_stress(1); }
TEST(Sleep, TestTickerConcurrentStress) { ticker_stress(10); }

// A pair that is always runnable does not starve the function of a timer.
TEST(Sleep, TestAfterFuncStarvation) {
  offset::run({.maxprocs = 1}, [] {
    auto c = make_chan<bool>(1);
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    all.go([=, &stop] {
      while (!stop.load()) c.send(true);
      c.close();
    });
    all.go([=] {
      for (const bool v : c) static_cast<void>(v);
    });
    const timer t = after_func(1us, [&] { stop.store(true); });
    all.wait();
    EXPECT_TRUE(stop.load());
  });
}

TEST(Sleep, TestAfter) {
  offset::run([] {
    constexpr auto delay = 100ms;
    const auto start = clock_type::now();
    const auto end = after(delay).recv();
    EXPECT_GE(clock_type::now() - start, delay);
    EXPECT_GE(*end, start + delay);
  });
}

TEST(Sleep, TestAfterTick) {
  offset::run([] {
    const auto start = clock_type::now();
    for (int i = 0; i < 10; ++i) after(10ms).recv();
    EXPECT_GE(clock_type::now() - start, 100ms);
  });
}

// A stopped timer does not fire, not even after a longer one has. On a machine that is busy enough
// they may have fired before they were stopped: five attempts, as in Go.
bool stops_in_time(bool with_function) {
  auto fired = make_chan<int>(2);
  timer t0 = with_function ? after_func(50ms, [=] { fired.send(0); }) : timer(50ms);
  timer t1 = after_func(150ms, [=] { fired.send(1); });
  auto later = after(200ms);
  if (!t0.stop() || !t1.stop()) return false;
  later.recv();
  EXPECT_EQ(select(t0.c().if_recv(), fired.if_recv(), otherwise), 2U) << "it was not stopped";
  EXPECT_FALSE(t0.stop());
  EXPECT_FALSE(t1.stop());
  return true;
}
TEST(Sleep, TestAfterStop) {
  offset::run([] {
    for (const bool with_function : {false, true}) {
      bool done = false;
      for (int attempt = 0; attempt < 5 && !done; ++attempt) done = stops_in_time(with_function);
      EXPECT_TRUE(done);
    }
  });
}

// In the order of their times, whatever the order they were set in. The value is the time: that
// they arrive in order is for one that is not late to see, so there are five attempts.
constexpr std::array slots{5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0};
bool arrive_in_order(nanoseconds unit) {
  auto results = make_chan<std::pair<int, nanoseconds>>(slots.size());
  const auto start = clock_type::now();
  for (const int slot : slots)
    offset::go([=, c = after(slot * unit)] { results.send({slot, *c.recv() - start}); });
  std::vector<int> order;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto [slot, when] = *results.recv();
    order.push_back(slot);
    EXPECT_GE(when, slot * unit);
  }
  return std::is_sorted(order.begin(), order.end());
}
TEST(Sleep, TestAfterQueuing) {
  offset::run([] {
    bool done = false;
    for (int attempt = 0; attempt < 5 && !done; ++attempt)
      done = arrive_in_order((10 + attempt * 30) * 1ms);
    EXPECT_TRUE(done);
  });
}

TEST(Sleep, TestTimerStopStress) {
  offset::run([] {
    std::atomic<int> fired{0};
    std::atomic<int> stopped{0};
    offset::sync::wait_group all;
    for (int i = 0; i < 100; ++i)
      all.go([&] {
        timer t = after_func(1h, [&] { ++fired; });
        offset::time::sleep(50ms);
        stopped += t.stop() ? 1 : 0;
        offset::time::sleep(50ms);
      });
    all.wait();
    EXPECT_EQ(stopped.load(), 100);
    EXPECT_EQ(fired.load(), 0);
  });
}

TEST(Sleep, TestSleepZeroDeadlock) {
  offset::run({.maxprocs = 4}, [] {
    auto c = make_chan<void>();
    offset::go([=] {
      for (int i = 0; i < 100; ++i) offset::yield();  // Go's collects garbage
      c.send();
    });
    for (int i = 0; i < 100; ++i) {
      offset::time::sleep(0s);
      auto one = make_chan<int>(1);
      one.send(i);
      EXPECT_EQ(one.recv(), i);
    }
    c.recv();
  });
}

// Reset answers whether it was set. Of 1.23: so does a timer that fired and was not received from.
// The times are doubled until the machine keeps up with them.
std::string reset(nanoseconds d) {
  timer t(2 * d);
  offset::time::sleep(d);
  if (!t.reset(3 * d)) return "resetting an unfired timer returned false";
  offset::time::sleep(2 * d);
  if (select(t.c().if_recv(), otherwise) == 0) return "the timer fired early";
  offset::time::sleep(2 * d);
  if (select(t.c().if_recv(), otherwise) == 1) return "a timer that was reset did not fire";
  if (t.reset(50ms)) return "resetting an expired timer returned true";
  return "";
}
TEST(Sleep, TestReset) {
  offset::run([] {
    nanoseconds d = 1ms;
    std::string error = reset(d);
    while (!error.empty() && d < 10s) error = reset(d *= 2);
    EXPECT_EQ(error, "");
  });
}

// So long that the sum overflows: for ever, and without harm to the others.
TEST(Sleep, TestOverflowSleep) {
  offset::run([] {
    constexpr auto big = nanoseconds::max();
    auto returned = make_chan<void>(1);
    offset::go([=] {
      offset::time::sleep(big);
      returned.send();
    });
    auto huge = after(big);
    EXPECT_EQ(select(huge.if_recv(), returned.if_recv(), after(25ms).if_recv()), 2U);
    constexpr auto negative = nanoseconds::min();
    offset::time::sleep(negative);
    EXPECT_EQ(select(after(negative).if_recv(), offset::timeout(test::limit)), 0U);
    EXPECT_EQ(returned.len(), 0U);
  });
}

// Go dereferences a nil timer with the lock of its timers held. A function that throws is what can
// go wrong here: the others are still stopped, set and fired.
offset::chan<std::string> told;
TEST(Sleep, TestIssue5745) {
  offset::run([] {
    told = make_chan<std::string>(1);
    offset::set_panic_handler(
        [](const offset::panic_info& p) { told.send(std::string(p.message)); });
    ticker k(1h);
    const timer t = after_func(0s, [] { throw std::runtime_error("in a timer"); });
    EXPECT_EQ(told.recv(), "panic: in a timer");
    k.stop();
    k.reset(1ns);
    EXPECT_TRUE(k.c().recv());
    offset::set_panic_handler(nullptr);
    told = {};
  });
}

// internal_test.go, CheckRuntimeTimerPeriodOverflow: a period that overflows at the first tick.
TEST(Sleep, TestOverflowPeriodRuntimeTimer) {
  offset::run([] {
    ticker k(1ns);
    k.c().recv();
    k.reset(nanoseconds::max());
    const ticker other(nanoseconds::max());
    after(25ms).recv();
    EXPECT_EQ(select(k.c().if_recv(), other.c().if_recv(), otherwise), 2U);
  });
}

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const offset::panic_error& e) {
    return e.what();
  }
  return "";
}
TEST(Sleep, TestZeroTimerResetPanics) {
  offset::run([] {
    timer t;
    EXPECT_EQ(panic_of([&] { t.reset(1ns); }), "time: Reset called on uninitialized Timer");
  });
}
TEST(Sleep, TestZeroTimerStopPanics) {
  offset::run([] {
    timer t;
    EXPECT_EQ(panic_of([&] { t.stop(); }), "time: Stop called on uninitialized Timer");
  });
}

// Timers of no time are not missed: each is waited for.
TEST(Sleep, TestZeroTimer) {
  offset::run([] {
    constexpr int n = 10000;
    for (int i = 0; i < n; ++i) ASSERT_TRUE(timer(0s).c().recv());
    auto fired = make_chan<void>();
    for (int i = 0; i < n; ++i) {
      const timer t = after_func(0s, [=] { fired.send(); });
      fired.recv();
    }
    timer cached = after_func(1h, [=] { fired.send(); });
    for (int i = 0; i < n; ++i) {
      cached.reset(0s);
      fired.recv();
    }
  });
}

// Moved to the past ten times in a row, it still fires.
TEST(Sleep, TestTimerModifiedEarlier) {
  offset::run([] {
    for (int i = 0; i < 1000; ++i) {
      timer t(1h);
      for (int j = 0; j < 10; ++j) {
        // Set, or fired with nobody having received: stop says yes, and there is nothing to drain.
        EXPECT_TRUE(t.stop());
        EXPECT_FALSE(t.reset(-500'000h));
      }
      ASSERT_EQ(select(t.c().if_recv(), offset::timeout(test::limit)), 0U) << "it was dropped";
    }
  });
}

// A hundred timers, set far, near and stopped in random order: none loses its time.
TEST(Sleep, TestAdjustTimers) {
  offset::run([] {
    std::mt19937 random(std::random_device{}());
    struct entry {
      timer t;
      int state = 0;
    };
    std::vector<std::unique_ptr<entry>> all;
    for (int i = 0; i < 100; ++i) all.push_back(std::make_unique<entry>());
    while (!all.empty()) {
      const std::size_t i = random() % all.size();
      entry& e = *all[i];
      switch (e.state++) {
        case 0: e.t = timer(0s); break;
        case 1: e.t.c().recv(); break;  // now it is idle
        case 2: EXPECT_FALSE(e.t.reset(1min)); break;
        case 4: EXPECT_FALSE(e.t.reset(3min)); break;
        case 6: EXPECT_FALSE(e.t.reset(2min)); break;
        case 3:
        case 5:
        case 7: EXPECT_TRUE(e.t.stop()); break;
        case 8: EXPECT_FALSE(e.t.reset(0s)); break;
        case 9:
          EXPECT_EQ(select(e.t.c().if_recv(), offset::timeout(test::limit)), 0U);
          std::swap(all[i], all.back());
          all.pop_back();
          break;
      }
    }
  });
}

}  // namespace
