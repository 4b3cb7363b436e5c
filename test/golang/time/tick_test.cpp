// Go: src/time/tick_test.go (1.19 and 1.23).
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/program.h"
#include "../../support/wait.h"

using namespace std::chrono_literals;
using offset::chan;
using offset::make_chan;
using offset::otherwise;
using offset::recv_chan;
using offset::select;
using offset::time::after;
using offset::time::after_func;
using offset::time::tick;
using offset::time::ticker;
using offset::time::time_point;
using offset::time::timer;

namespace {

using clock_type = offset::time::clock;
using nanoseconds = std::chrono::nanoseconds;

bool ready(const recv_chan<time_point>& c) { return select(c.if_recv(), otherwise) == 0; }

// Five ticks, five of twice the time, and none any more.
TEST(Tick, TestTicker) {
  offset::run([] {
    constexpr int count = 10;
    constexpr auto delta = 20ms;
    ticker t(delta);
    const auto start = clock_type::now();
    for (int i = 0; i < count / 2; ++i) t.c().recv();
    t.reset(2 * delta);
    for (int i = count / 2; i < count; ++i) t.c().recv();
    t.stop();
    // A late tick does not delay the next one, so that the time between two may be shorter, but
    // not all of it: Go allows 30 per cent.
    constexpr auto target = 3 * delta * (count / 2);
    EXPECT_GE(clock_type::now() - start, target * 7 / 10);
    offset::time::sleep(2 * delta);
    EXPECT_FALSE(ready(t.c())) << "it did not shut down";
  });
}

// Go's with a channel of one's own in it. A default-constructed ticker has none.
TEST(Tick, TestTickerStopWithDirectInitialization) {
  offset::run([] {
    ticker t;
    t.stop();
    EXPECT_FALSE(t.c());
  });
}

TEST(Tick, TestTeardown) {
  offset::run([] {
    for (int i = 0; i < 3; ++i) {
      ticker t(20ms);
      EXPECT_TRUE(t.c().recv());
      t.stop();
    }
  });
}

TEST(Tick, TestTick) {
  offset::run([] {
    EXPECT_FALSE(tick(-1ns));
    EXPECT_FALSE(tick(0ns));
    EXPECT_TRUE(tick(1h));
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
TEST(Tick, TestNewTickerLtZeroDuration) {
  offset::run([] {
    EXPECT_EQ(panic_of([] { ticker t(-1ns); }), "non-positive interval for NewTicker");
    EXPECT_EQ(panic_of([] { ticker t(0ns); }), "non-positive interval for NewTicker");
  });
}
TEST(Tick, TestTickerResetLtZeroDuration) {
  offset::run([] {
    ticker t(1s);
    EXPECT_EQ(panic_of([&] { t.reset(0ns); }), "non-positive interval for Ticker.Reset");
    EXPECT_EQ(panic_of([&] { t.reset(-1ns); }), "non-positive interval for Ticker.Reset");
  });
}

// --- Go 1.23

// Thousands of timers that are set and given up at once, in a loop, beside work that goes through a
// queue: the heap sheds them.
TEST(Tick, TestLongAdjustTimers) {
  offset::run([] {
    offset::sync::wait_group all;
    constexpr int sleepers = 5000;
    for (int i = 0; i < sleepers; ++i) all.go([] { offset::time::sleep(10us); });
    for (int i = 0; i < 100; ++i) offset::time::sleep(1us);

    using work = std::unique_ptr<int>;
    auto in = make_chan<work>();
    auto out = make_chan<work>();
    all.go([=] {
      std::vector<work> queue;
      std::size_t first = 0;
      for (;;) {
        const bool some = first < queue.size();
        std::optional<work> got;
        work nothing;
        if (select((some ? out : chan<work>()).if_send(std::move(some ? queue[first] : nothing)),
                   in.if_recv(got)) == 0) {
          if (++first == queue.size()) queue.clear(), first = 0;
        } else if (got) {
          queue.push_back(std::move(*got));
        } else {
          return;
        }
      }
    });
    for (int i = 0; i < 1000; ++i) {
      constexpr int batch = 20;
      for (int n = 0; n < batch; ++n) in.send(std::make_unique<int>(n));
      for (int n = 0; n < batch; ++n) {
        work w;
        ASSERT_EQ(select(out.if_recv(w), after(test::limit).if_recv()), 0U);
        EXPECT_EQ(*w, n);
      }
    }
    in.close();
    all.wait();
  });
}

// What nobody holds any more is gone, set or not.
long resident_kilobytes() {
  std::FILE* const f = std::fopen("/proc/self/statm", "r");
  long pages = 0;
  if (f == nullptr || std::fscanf(f, "%*d %ld", &pages) != 1) pages = -1;
  if (f != nullptr) std::fclose(f);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}
template <class F>
void leaves_nothing(const char* what, F f) {
  for (int i = 0; i < 1000; ++i) f();
  const long before = resident_kilobytes();
  for (int i = 0; i < 100'000; ++i) f();
  // A hundred bytes each would be ten megabytes.
  EXPECT_LT(resident_kilobytes() - before, 4096) << what;
}
TEST(Tick, TestTimerGC) {
  if (test::sanitized) GTEST_SKIP() << "sanitizers keep what is freed";
  offset::run([] {
    leaves_nothing("After", [] { after(1h); });
    leaves_nothing("Tick", [] { tick(1h); });
    leaves_nothing("NewTimer", [] { timer t(1h); });
    leaves_nothing("NewTicker", [] { ticker t(1h); });
    leaves_nothing("NewTimerStop", [] { timer(1h).stop(); });
    leaves_nothing("NewTickerStop", [] { ticker(1h).stop(); });
    leaves_nothing("AfterFunc", [] { after_func(1h, [] {}); });
  });
}

// A timer or a ticker, which has no answers of its own.
struct as_timer {
  timer t;
  static constexpr bool ticks = false;
  bool stop() { return t.stop(); }
  template <class D>
  bool reset(D d) {
    return t.reset(d);
  }
};
struct as_ticker {
  ticker t;
  bool stopped = false;
  static constexpr bool ticks = true;
  bool stop() {
    t.stop();
    return !std::exchange(stopped, true);
  }
  template <class D>
  bool reset(D d) {
    t.reset(d);
    return !std::exchange(stopped, false);
  }
};

// TestChan with asynctimerchan=0: what is received is of the last setting, or nothing is.
template <class Timer>
void timer_chan(Timer tim) {
  const auto c = tim.t.c();
  constexpr auto some_time = 10ms;
  const auto no_tick = [&](int line) { EXPECT_FALSE(ready(c)) << "extra tick, line " << line; };
  const auto a_tick = [&](int line) {
    EXPECT_TRUE(test::await([&] { return ready(c); })) << "missing tick, line " << line;
  };

  // Stopped, and set, while nobody waits.
  tim.stop();
  no_tick(__LINE__);
  tim.reset(10000s);
  no_tick(__LINE__);
  tim.reset(1ns);
  offset::time::sleep(some_time);
  EXPECT_EQ(c.len(), 0U);
  EXPECT_EQ(c.cap(), 0U);
  a_tick(__LINE__);
  // Long enough for a ticker's second tick, which a reset takes back.
  offset::time::sleep(some_time);
  tim.reset(10000s);
  no_tick(__LINE__);

  // While somebody waits.
  tim.reset(10000s);
  auto done = make_chan<void>();
  offset::go([=] {
    c.recv();
    done.close();
  });
  EXPECT_TRUE(test::await_receivers(c, 1));
  tim.reset(20000s);
  offset::time::sleep(some_time);
  EXPECT_EQ(select(done.if_recv(), otherwise), 1U) << "early";
  tim.reset(1ns);
  done.recv();
  if (Timer::ticks)
    a_tick(__LINE__);
  else
    no_tick(__LINE__);
  tim.stop();
  no_tick(__LINE__);

  // Two who wait in selects: one of them gets it.
  tim.reset(10000s);
  auto received = make_chan<void>(2);
  auto stop = make_chan<void>();
  offset::sync::wait_group both;
  for (int i = 0; i < 2; ++i)
    both.go([=] {
      if (select(c.if_recv(), stop.if_recv()) == 0) received.send();
    });
  EXPECT_TRUE(test::await_receivers(c, 2));
  EXPECT_EQ(received.len(), 0U);
  tim.reset(some_time / 2);
  received.recv();
  tim.stop();
  stop.close();
  both.wait();
  if (!Timer::ticks) {
    EXPECT_EQ(received.len(), 0U);
  }
  no_tick(__LINE__);

  // Two who come to wait for one that is stopped.
  auto over = make_chan<void>();
  auto nothing = make_chan<std::size_t>(2);
  for (int i = 0; i < 2; ++i)
    offset::go([=] { nothing.send(select(c.if_recv(), over.if_recv())); });
  EXPECT_TRUE(test::await_receivers(c, 2));
  over.close();
  EXPECT_EQ(nothing.recv(), 1U);
  EXPECT_EQ(nothing.recv(), 1U);

  // Old values cannot be received after stop and reset (go.dev/issue/37196), which say that they
  // were there.
  tim.reset(1ns);
  offset::time::sleep(some_time);
  EXPECT_TRUE(tim.stop());
  no_tick(__LINE__);
  tim.reset(1h);
  no_tick(__LINE__);
  EXPECT_TRUE(tim.reset(1ns));
  a_tick(__LINE__);
  offset::time::sleep(some_time);
  if (Timer::ticks)
    a_tick(__LINE__);
  else
    no_tick(__LINE__);
  offset::time::sleep(some_time);
  EXPECT_EQ(tim.reset(1h), Timer::ticks);
  no_tick(__LINE__);
}
TEST(Tick, TestChanTimer) {
  offset::run([] { timer_chan(as_timer{timer(10000s)}); });
}
TEST(Tick, TestChanTicker) {
  offset::run([] { timer_chan(as_ticker{ticker(10000s)}); });
}

TEST(Tick, TestManualTicker) {
  ticker t;  // no runtime, no channel, no clock
  t.stop();
}

// Whoever receives late gets the time of expiry. On a machine that stands still meanwhile it is
// late as well, so there are ten attempts.
template <class F>
void time_of_expiry(F make) {
  offset::run([=] {
    nanoseconds least = nanoseconds::max();
    for (int i = 0; i < 10 && least >= 80ms; ++i) {
      const auto start = clock_type::now();
      const auto c = make(10ms);
      offset::time::sleep(100ms);
      const nanoseconds passed = *c.recv() - start;
      EXPECT_GE(passed, 10ms);
      least = std::min(least, passed);
    }
    EXPECT_LT(least, 80ms);
  });
}
TEST(Tick, TestAfterTimes) {
  time_of_expiry([](auto d) { return after(d); });
}
TEST(Tick, TestTickTimes) {
  time_of_expiry([](auto d) { return tick(d); });
}

}  // namespace
