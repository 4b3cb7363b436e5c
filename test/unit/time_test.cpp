// time::sleep, after, after_func, timer, ticker, tick, with the meaning of Go 1.23. Times are only
// ever lower bounds here, or exact ones of what a channel says.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::op_status;
using offset::run;
using offset::time::after;
using offset::time::after_func;
using offset::time::ticker;
using offset::time::time_point;
using offset::time::timer;
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

/// Keeps the CPU until `t`, without a wait.
void busy_until(steady_clock::time_point t) {
  while (steady_clock::now() < t) {
  }
}

bool has_tick(const offset::recv_chan<time_point>& c) {
  time_point t;
  return c.try_recv(t) == op_status::ok;
}

TEST(Sleep, AtLeastAsLong) {
  run([] {
    offset::sync::wait_group all;
    for (int g = 0; g < 50; ++g)
      all.go([g] {
        const auto d = std::chrono::microseconds(g * 200);
        const auto began = steady_clock::now();
        offset::time::sleep(d);
        EXPECT_GE(steady_clock::now() - began, d);
      });
    all.wait();
    const auto began = steady_clock::now();
    offset::time::sleep(std::chrono::duration<double>(0.0025));
    EXPECT_GE(steady_clock::now() - began, 2500us);
  });
}

TEST(Sleep, NotPositiveReturnsAtOnce) {
  run([] {
    offset::time::sleep(0s);
    offset::time::sleep(-1ns);
    offset::time::sleep(std::chrono::hours::min());
    offset::time::sleep(std::chrono::nanoseconds::min());
  });
  offset::time::sleep(-1h);
}

TEST(Sleep, TooLongToCountIsForEver) {
  run([] {
    std::atomic<int> begun{0};
    std::atomic<int> woken{0};
    const auto sleep_in = [&](auto d) {
      offset::go([&, d] {
        ++begun;
        offset::time::sleep(d);
        ++woken;
      });
    };
    sleep_in(std::chrono::hours::max());
    sleep_in(std::chrono::nanoseconds::max());
    sleep_in(std::chrono::nanoseconds::max() - 1ns);
    sleep_in(std::chrono::duration<double>(1e40));
    EXPECT_TRUE(test::await([&] { return begun.load() == 4; }));
    offset::time::sleep(5ms);
    EXPECT_EQ(woken.load(), 0);
  });
}

TEST(Sleep, BusyGoroutinesDoNotHoldItUp) {
  // Two that hand the CPU to each other for ever, on one P.
  run({.maxprocs = 1}, [] {
    auto a = make_chan<int>();
    auto b = make_chan<int>();
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    all.go([&, a, b] {
      while (!stop) a.send(1), b.recv();
      a.close();
    });
    all.go([=] {
      for (int v : a) b.send(v);
    });
    all.go([&] {
      while (!stop) offset::yield();
    });
    for (int i = 0; i < 5; ++i) offset::time::sleep(1ms);
    after(1ms).recv();
    stop = true;
    all.wait();
  });
}

// --- timer and after

TEST(Timer, FiresOnceWithTheTimeOfExpiry) {
  run([] {
    const auto before = steady_clock::now();
    timer t(3ms);
    const auto set = steady_clock::now();
    EXPECT_FALSE(has_tick(t.c()));
    busy_until(before + 30ms);  // a late receiver
    const time_point when = *t.c().recv();
    EXPECT_GE(when, before + 3ms);
    EXPECT_LE(when, set + 3ms) << "the time of receiving, not of expiry";
    time_point again;
    EXPECT_EQ(t.c().recv_for(again, 3ms), op_status::timeout);
    EXPECT_FALSE(t.stop());
  });
}

TEST(Timer, SetInABurstNoneIsEarly) {
  run([] {
    constexpr auto length = 100us;
    for (int round = 0; round < 50; ++round) {
      std::vector<std::pair<steady_clock::time_point, timer>> burst;
      for (int i = 0; i < 200; ++i) {
        const auto before = steady_clock::now();
        burst.emplace_back(before, timer(length));
      }
      time_point last{};
      for (auto& [before, t] : burst) {
        const time_point when = *t.c().recv();
        EXPECT_GE(when, before + length);
        EXPECT_GE(steady_clock::now(), before + length);
        EXPECT_GE(when, last) << "set later, and due earlier";
        last = when;
      }
    }
  });
}

// Nor late: however many are set, one after the other.
TEST(Timer, SetInALongBurstNoneIsLate) {
  run([] {
    constexpr auto length = 1ms;
    const auto end = steady_clock::now() + 100ms;
    while (steady_clock::now() < end)
      for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(timer(1h).stop());
    timer last(length);
    const auto set = steady_clock::now();
    EXPECT_LE(*last.c().recv(), set + length + 3us);
  });
}

TEST(Timer, NoBufferToSee) {
  run([] {
    timer t(1ns);
    busy_until(steady_clock::now() + 3ms);
    offset::yield();
    EXPECT_EQ(t.c().len(), 0U);
    EXPECT_EQ(t.c().cap(), 0U);
    EXPECT_TRUE(t.c().recv().has_value());
    ticker k(1ms);
    EXPECT_EQ(k.c().cap(), 0U);
  });
}

TEST(Timer, StopSaysWhetherItWasSet) {
  run([] {
    timer t(1h);
    EXPECT_TRUE(t.stop());
    EXPECT_FALSE(t.stop());
    EXPECT_FALSE(has_tick(t.c()));
    EXPECT_FALSE(t.reset(1h)) << "it was stopped";
    EXPECT_TRUE(t.reset(1ms));
    EXPECT_TRUE(t.c().recv().has_value());
    EXPECT_FALSE(t.stop()) << "it was received";
    EXPECT_FALSE(t.reset(1h));
    EXPECT_TRUE(t.stop());
  });
}

TEST(Timer, OneOfNoTimeHasFired) {
  run([] {
    timer t(0s);
    time_point when;
    EXPECT_EQ(t.c().try_recv(when), op_status::ok);
    EXPECT_EQ(t.c().try_recv(when), op_status::would_block);
    EXPECT_FALSE(t.reset(-1h));
    EXPECT_TRUE(t.reset(0s)) << "nobody has received it";
    EXPECT_TRUE(t.stop());
    EXPECT_EQ(t.c().try_recv(when), op_status::would_block);

    // With somebody waiting.
    auto got = make_chan<bool>();
    offset::go([=, c = t.c()] { got.send(c.recv().has_value()); });
    ASSERT_TRUE(test::await_receivers(t.c(), 1));
    t.reset(0s);
    EXPECT_EQ(got.recv(), true);
    EXPECT_FALSE(t.stop());
  });
}

TEST(Timer, StopOfAFiredOneThatNobodyReceived) {
  run([] {
    for (int i = 0; i < 20; ++i) {
      timer t(10us);
      busy_until(steady_clock::now() + 1ms);
      offset::yield();
      EXPECT_TRUE(t.stop()) << "Go 1.23: its tick was not received";
      EXPECT_FALSE(has_tick(t.c())) << "a stale tick";
      EXPECT_FALSE(t.stop());

      EXPECT_FALSE(t.reset(10us));
      busy_until(steady_clock::now() + 1ms);
      offset::yield();
      EXPECT_TRUE(t.reset(1h));
      EXPECT_FALSE(has_tick(t.c()));
    }
  });
}

TEST(Timer, NoStaleTickWhateverTheMoment) {
  run([] {
    for (int i = 0; i < 400; ++i) {
      timer t(std::chrono::microseconds(i % 80));
      busy_until(steady_clock::now() + std::chrono::microseconds((i * 7) % 90));
      if (i % 3 == 0) offset::yield();
      if (i % 2 == 0) {
        t.stop();
        ASSERT_FALSE(has_tick(t.c())) << i;
      } else {
        const auto set = steady_clock::now();
        t.reset(100us);
        const time_point when = *t.c().recv();
        ASSERT_GE(when, set + 100us) << "a tick of before the reset, in trial " << i;
      }
    }
  });
}

TEST(Timer, StopAndReceiveAgree) {
  // Of a stop and a receive at the same moment exactly one has it.
  run([] {
    int stopped = 0;
    int received = 0;
    constexpr int trials = 300;
    for (int i = 0; i < trials; ++i) {
      timer t(std::chrono::microseconds(20 + i % 60));
      auto quit = make_chan<void>();
      auto got = make_chan<bool>(1);
      offset::go([=, c = t.c()] { got.send(offset::select(c.if_recv(), quit.if_recv()) == 0); });
      busy_until(steady_clock::now() + std::chrono::microseconds((i * 11) % 100));
      if (i % 2 == 0) offset::yield();
      const bool was_set = t.stop();
      quit.close();
      const bool tick = *got.recv();
      // quit and a tick may be ready together; a tick not taken then was not stopped either.
      if (was_set) {
        EXPECT_FALSE(tick) << "stopped, and yet received";
      }
      stopped += was_set ? 1 : 0;
      received += tick ? 1 : 0;
    }
    EXPECT_LE(stopped + received, trials);
  });
}

TEST(Timer, ExtremeDurations) {
  run([] {
    EXPECT_TRUE(after(0s).recv().has_value());
    EXPECT_TRUE(after(-1h).recv().has_value());
    EXPECT_TRUE(after(std::chrono::nanoseconds::min()).recv().has_value());
    EXPECT_TRUE(after(std::chrono::hours::min()).recv().has_value());
    time_point out;
    EXPECT_EQ(after(std::chrono::nanoseconds::max()).recv_for(out, 2ms), op_status::timeout);
    EXPECT_EQ(after(std::chrono::hours::max()).recv_for(out, 2ms), op_status::timeout);
    timer t(std::chrono::nanoseconds::max() - 1ns);
    EXPECT_FALSE(has_tick(t.c()));
    EXPECT_TRUE(t.stop());
    t.reset(std::chrono::seconds::max());
    EXPECT_EQ(t.c().recv_for(out, 2ms), op_status::timeout);
    EXPECT_TRUE(t.reset(-1s));
    EXPECT_TRUE(t.c().recv().has_value());
  });
}

TEST(Timer, Uninitialized) {
  EXPECT_EQ(panic_of([] { timer().stop(); }), "time: Stop called on uninitialized Timer");
  EXPECT_EQ(panic_of([] { timer().reset(1s); }), "time: Reset called on uninitialized Timer");
  EXPECT_EQ(panic_of([] { ticker().reset(1s); }), "time: Reset called on uninitialized Ticker");
  ticker().stop();
  EXPECT_FALSE(timer().c());
  EXPECT_FALSE(ticker().c());
}

static_assert(!std::is_copy_constructible_v<timer> && !std::is_copy_constructible_v<ticker>);
static_assert(std::is_nothrow_move_constructible_v<timer> &&
              std::is_nothrow_move_assignable_v<ticker>);

TEST(Timer, MovesAndStopsWhenDestroyed) {
  run([] {
    timer t(1ms);
    const auto c = t.c();
    timer u = std::move(t);
    EXPECT_EQ(u.c(), c);
    EXPECT_THROW(t.stop(), offset::panic_error);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(c.recv().has_value());
    timer other(1h);
    u.reset(1ms);
    u = std::move(other);  // stops what it was
    time_point out;
    EXPECT_EQ(c.recv_for(out, 5ms), op_status::timeout);
    EXPECT_TRUE(u.stop());
    offset::recv_chan<time_point> left;
    {
      const timer gone(1ms);
      left = gone.c();
    }
    EXPECT_EQ(left.recv_for(out, 5ms), op_status::timeout) << "its destructor stops it";
  });
}

TEST(Timer, InSelect) {
  run([] {
    auto c = make_chan<int>();
    timer late(1h);
    timer soon(2ms);
    time_point when;
    EXPECT_EQ(offset::select(c.if_recv(), late.c().if_recv(), soon.c().if_recv(when)), 2U);
    EXPECT_GT(when, time_point());
    EXPECT_EQ(offset::select(c.if_recv(), after(1ms).if_recv()), 1U);
    EXPECT_EQ(offset::select(late.c().if_recv(), offset::otherwise), 1U);
    EXPECT_EQ(test::receivers_of(late.c()), 0U);
  });
}

TEST(Timer, Many) {
  run([] {
    constexpr int n = 2'000;
    std::atomic<int> fired{0};
    std::vector<timer> timers;
    for (int i = 0; i < n; ++i)
      timers.push_back(after_func(std::chrono::microseconds((i * 7919) % 5'000), [&] { ++fired; }));
    int stopped = 0;
    for (int i = 0; i < n; i += 3) stopped += timers[static_cast<std::size_t>(i)].stop() ? 1 : 0;
    EXPECT_TRUE(test::await([&] { return fired.load() + stopped == n; }));
    offset::time::sleep(2ms);
    EXPECT_EQ(fired.load() + stopped, n);
  });
}

TEST(Timer, UsedByManyAtOnce) {
  run([] {
    timer t(50us);
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    for (int g = 0; g < 3; ++g)
      all.go([&, g] {
        for (int i = 0; i < 300; ++i) {
          if ((i + g) % 3 == 0)
            t.stop();
          else
            t.reset(std::chrono::microseconds(i % 100));
          if (i % 10 == 0) offset::yield();
        }
      });
    offset::sync::wait_group receiver;
    receiver.go([&, c = t.c()] {
      time_point out;
      while (!stop) static_cast<void>(c.recv_for(out, 100us));
    });
    all.wait();
    stop = true;
    receiver.wait();
    t.stop();
    EXPECT_FALSE(has_tick(t.c()));
  });
}

TEST(Timer, OutlivesItsRuntime) {
  timer t;
  ticker k;
  offset::recv_chan<time_point> c;
  run([&] {
    t = timer(1h);
    k = ticker(1h);
    c = after(1h);
  });
  EXPECT_FALSE(has_tick(t.c()));
  EXPECT_THROW(t.reset(1ms), std::logic_error) << "no runtime is alive";
  t.stop();
  k.stop();
  run([&] {
    t.reset(1ms);
    EXPECT_TRUE(t.c().recv().has_value());
    EXPECT_FALSE(has_tick(c));
  });
}

TEST(Timer, FromPlainThreads) {
  run([] {
    auto result = make_chan<bool>();
    std::thread outside([=] {
      timer t(2ms);
      const bool fired = t.c().recv().has_value();
      const bool again = !t.reset(1h) && t.stop();
      auto f = make_chan<std::uint64_t>();
      const timer call = after_func(1ms, [=] { f.send(offset::goroutine_id()); });
      result.send(fired && again && *f.recv() != 0);
    });
    EXPECT_TRUE(*result.recv());
    offset::blocking([&] { outside.join(); });
  });
}

// --- after_func

TEST(AfterFunc, RunsInAGoroutineOfItsOwn) {
  run([] {
    auto c = make_chan<std::uint64_t>();
    const auto before = steady_clock::now();
    timer t = after_func(2ms, [=] { c.send(offset::goroutine_id()); });  // it may wait
    EXPECT_FALSE(t.c());
    EXPECT_GT(*c.recv(), 1U);
    EXPECT_GE(steady_clock::now() - before, 2ms);
    EXPECT_FALSE(t.stop());
    EXPECT_FALSE(t.reset(1ms));
    EXPECT_GT(*c.recv(), 1U) << "reset makes it run again";
  });
}

TEST(AfterFunc, StopBeforeAndAfter) {
  run([] {
    std::atomic<int> calls{0};
    timer t = after_func(1h, [&] { ++calls; });
    EXPECT_TRUE(t.stop());
    EXPECT_FALSE(t.stop());
    EXPECT_FALSE(t.reset(1h));
    EXPECT_TRUE(t.reset(2h));
    {
      const timer gone = after_func(1ms, [&] { ++calls; });
    }
    offset::time::sleep(5ms);
    EXPECT_EQ(calls.load(), 0) << "a destroyed one does not fire";
    // stop does not wait for a function that has begun.
    auto begun = make_chan<void>();
    auto gate = make_chan<void>();
    timer u = after_func(0s, [=] {
      begun.send();
      gate.recv();
    });
    begun.recv();
    EXPECT_FALSE(u.stop());
    gate.send();
  });
}

TEST(AfterFunc, FunctionLivesAsLongAsItsTimer) {
  test::ledger l;
  run([&] {
    auto c = make_chan<int>();
    {
      timer t = after_func(0s, [=, v = test::counted(&l, 5)] { c.send(v.value()); });
      EXPECT_EQ(c.recv(), 5);
      t.reset(0s);
      EXPECT_EQ(c.recv(), 5);
      EXPECT_EQ(l.values.load(), 1);
      t.reset(0s);
      ASSERT_TRUE(test::await_senders(c, 1));
    }
    EXPECT_EQ(l.values.load(), 1) << "destroyed under the goroutine that runs it";
    EXPECT_EQ(c.recv(), 5);
    EXPECT_TRUE(test::await([&] { return l.alive.load() == 0; }));
  });
  EXPECT_EQ(l.errors.load(), 0);
}

// --- ticker

TEST(Ticker, TicksInStep) {
  run([] {
    const auto before = steady_clock::now();
    ticker t(1ms);
    const auto set = steady_clock::now();
    time_point last = *t.c().recv();
    EXPECT_GE(last, before + 1ms);
    EXPECT_LE((last - before) % 1ms, set - before + 0ns) << "not a multiple of the period";
    for (int i = 0; i < 10; ++i) {
      const time_point next = *t.c().recv();
      EXPECT_GT(next, last);
      EXPECT_EQ((next - last) % 1ms, 0ns);
      last = next;
    }
    EXPECT_GE(steady_clock::now() - before, 11ms);
  });
}

TEST(Ticker, SlowReceiverMissesTicks) {
  run([] {
    const auto before = steady_clock::now();
    ticker t(2ms);
    const auto set = steady_clock::now();
    busy_until(before + 40ms);
    offset::yield();
    const time_point first = *t.c().recv();
    EXPECT_LE(first, set + 2ms) << "the tick that waits is the oldest";
    // The 18 others were dropped: what comes now is in the future, or was due after `first` was
    // taken.
    const time_point second = *t.c().recv();
    EXPECT_GE(second, before + 38ms);
  });
}

TEST(Ticker, StopAndReset) {
  run([] {
    ticker t(1ms);
    EXPECT_TRUE(t.c().recv().has_value());
    t.stop();
    t.stop();
    time_point out;
    EXPECT_EQ(t.c().recv_for(out, 5ms), op_status::timeout) << "neither a tick nor closed";
    auto set = steady_clock::now();
    t.reset(3ms);
    EXPECT_GE(*t.c().recv(), set + 3ms);
    busy_until(steady_clock::now() + 8ms);
    offset::yield();
    set = steady_clock::now();
    t.reset(2ms);
    EXPECT_GE(*t.c().recv(), set + 2ms) << "a tick of before the reset";
    EXPECT_EQ(panic_of([&] { t.reset(0s); }), "non-positive interval for Ticker.Reset");
    EXPECT_EQ(panic_of([&] { t.reset(-1ns); }), "non-positive interval for Ticker.Reset");
    EXPECT_TRUE(t.c().recv().has_value()) << "a refused reset changes nothing";
  });
}

TEST(Ticker, NotPositive) {
  EXPECT_EQ(panic_of([] { ticker(0s); }), "non-positive interval for NewTicker");
  EXPECT_EQ(panic_of([] { ticker(-1h); }), "non-positive interval for NewTicker");
  EXPECT_FALSE(offset::time::tick(0s));
  EXPECT_FALSE(offset::time::tick(-1ns));
  EXPECT_FALSE(offset::time::tick(std::chrono::duration<double>(-1e300)));
}

TEST(Ticker, LongPeriods) {
  run([] {
    ticker t(std::chrono::hours::max());
    EXPECT_FALSE(has_tick(t.c()));
    t.reset(std::chrono::nanoseconds::max());
    time_point out;
    EXPECT_EQ(t.c().recv_for(out, 2ms), op_status::timeout);
  });
}

TEST(Tick, LivesAsLongAsItsChannel) {
  run([] {
    int n = 0;
    for (const time_point t : offset::time::tick(500us)) {
      EXPECT_GT(t, time_point());
      if (++n == 5) break;
    }
    EXPECT_EQ(n, 5);
    auto c = offset::time::tick(1ms);
    const auto same = c;
    c = {};
    EXPECT_TRUE(same.recv().has_value());
  });
}

}  // namespace
