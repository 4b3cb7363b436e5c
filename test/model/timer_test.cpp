// Timers: to the nanosecond in the bubble's time, and never a tick of before a stop or reset.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model.h"

using namespace std::chrono_literals;
using model::dice;
using model::settle;
using model::us;
using offset::make_chan;
using offset::op_status;
using offset::recv_chan;
using offset::select;
using offset::sync::wait_group;
using offset::time::after_func;
using offset::time::now;
using offset::time::ticker;
using offset::time::time_point;
using offset::time::timer;

namespace {

using TimerModel = model::test;

TEST_F(TimerModel, EverythingFiresAtItsInstant) {
  explore([] {
    dice d;
    const auto never = make_chan<int>();
    const auto nor_this = make_chan<int>();
    wait_group all;
    auto last = now();
    int fired = 0;
    std::vector<timer> kept;
    const int n = d.between(1, 8);
    for (int i = 0; i < n; ++i) {
      const auto wait = std::chrono::nanoseconds(d.below(4) * 1'000 + d.below(3));
      const auto due = now() + wait;
      const auto at = [&, due] {
        EXPECT_EQ(now(), due);
        EXPECT_LE(last, now());
        last = now();
        ++fired;
      };
      const int how = d.below(7);
      if (how == 0) {
        all.add(1);
        kept.push_back(after_func(wait, [&, at] {
          at();
          all.done();
        }));
        continue;
      }
      all.go([&, wait, due, at, how] {
        // It may begin late only if time has passed, which it cannot while it can run.
        int v = 0;
        switch (how) {
          case 1: offset::time::sleep(wait); break;
          case 2: EXPECT_EQ(offset::time::after(wait).recv(), due); break;
          case 3: {
            timer t(wait);
            EXPECT_EQ(t.c().recv(), due);
            EXPECT_FALSE(t.stop());
            break;
          }
          case 4: EXPECT_EQ(never.recv_for(v, wait), op_status::timeout); break;
          case 5: EXPECT_EQ(nor_this.send_until(1, due), op_status::timeout); break;
          default: EXPECT_EQ(select(never.if_recv(), offset::timeout(wait)), 1U);
        }
        at();
      });
    }
    all.wait();
    EXPECT_EQ(fired, n);
  });
}

// --- one timer, step by step, beside what it should be

// Receives `tick`, if there is one, and nothing else.
void take_tick(const recv_chan<time_point>& c, std::optional<time_point>& tick) {
  time_point got;
  const op_status how = c.try_recv(got);
  EXPECT_EQ(how == op_status::ok, tick.has_value());
  if (how == op_status::ok && tick) {
    EXPECT_EQ(got, *tick);
  }
  tick.reset();
}

TEST_F(TimerModel, ATimerIsSetFiredOrNeither) {
  explore([] {
    dice d;
    std::optional<time_point> set = now() + us(d.between(0, 4));
    std::optional<time_point> tick;
    timer t(*set - now());
    const auto pass = [&] {
      settle();
      if (set && *set <= now()) tick = std::exchange(set, std::nullopt);
    };
    for (int step = 0; step < 20; ++step) {
      pass();
      const bool expected = set || tick;
      switch (d.below(4)) {
        case 0: offset::time::sleep(us(d.between(1, 4))); break;
        case 1:
          EXPECT_EQ(t.stop(), expected);
          set = tick = std::nullopt;
          break;
        case 2: {
          const auto wait = us(d.between(-1, 4));
          EXPECT_EQ(t.reset(wait), expected);
          set = now() + std::max(wait, 0us);
          tick.reset();
          break;
        }
        default: take_tick(t.c(), tick);
      }
      EXPECT_EQ(t.c().len() + t.c().cap(), 0U);
    }
  });
}

TEST_F(TimerModel, ATickerKeepsOneTickAndNoneOfBefore) {
  explore([] {
    dice d;
    auto period = us(d.between(1, 4));
    std::optional<time_point> next = now() + period;
    std::optional<time_point> tick;
    ticker t(period);
    const auto pass = [&] {
      settle();
      while (next && *next <= now()) {
        if (!tick) tick = next;  // the oldest stays
        *next += period;
      }
    };
    for (int step = 0; step < 20; ++step) {
      pass();
      switch (d.below(5)) {
        case 0:
        case 1: offset::time::sleep(us(d.between(1, 9))); break;
        case 2:
          t.stop();
          next = tick = std::nullopt;
          break;
        case 3:
          period = us(d.between(1, 4));
          t.reset(period);
          next = now() + period;
          tick.reset();
          break;
        default: take_tick(t.c(), tick);
      }
    }
  });
}

TEST_F(TimerModel, AFunctionRunsUnlessItWasStopped) {
  explore([] {
    dice d;
    int runs = 0;
    int expected = 0;
    std::optional<time_point> set = now() + us(d.between(0, 4));
    timer t = after_func(*set - now(), [&] {
      EXPECT_EQ(now(), *set);
      ++runs;
    });
    for (int step = 0; step < 12; ++step) {
      settle();
      if (set && *set <= now()) {
        set.reset();
        ++expected;
      }
      EXPECT_EQ(runs, expected);
      switch (d.below(3)) {
        case 0: {
          // The function looks at `set` at the instant at which it fires.
          offset::time::sleep(us(d.between(1, 4)));
          break;
        }
        case 1:
          EXPECT_EQ(t.stop(), set.has_value());
          set.reset();
          break;
        default: {
          const auto wait = us(d.between(0, 4));
          EXPECT_EQ(t.reset(wait), set.has_value());
          set = now() + wait;
        }
      }
    }
    t.stop();
    settle();
  });
}

// --- several at once

// Each setting of a timer ends once: its tick is received, or a stop or reset says that it took it.
TEST_F(TimerModel, EachSettingEndsOnce) {
  explore([] {
    dice d;
    wait_group all;
    std::vector<time_point> due{now() + 2us};
    int taken = 0;
    int received = 0;
    timer t(2us);
    for (int s = 0; s < 3; ++s)
      all.go([&, s] {
        dice mine(static_cast<std::uint64_t>(s) + 1);
        for (int k = 0; k < 4; ++k) {
          offset::time::sleep(us(mine.below(3)));
          if (mine.one_in(2)) {
            taken += t.stop() ? 1 : 0;
          } else {
            const auto wait = us(mine.below(4));
            due.push_back(now() + wait);
            taken += t.reset(wait) ? 1 : 0;
          }
        }
      });
    for (int r = 0; r < 2; ++r)
      all.go([&, r] {
        dice mine(static_cast<std::uint64_t>(r) + 100);
        for (int k = 0; k < 5; ++k) {
          time_point got;
          op_status how = op_status::ok;
          if (mine.one_in(2)) {
            how = t.c().recv_for(got, us(mine.below(4)));
          } else {
            const auto take = [&](std::optional<time_point> v) { got = *v; };
            if (select(offset::timeout(us(mine.below(3))), t.c().if_recv(take)) == 0)
              how = op_status::timeout;
          }
          if (how != op_status::ok) continue;
          ++received;
          EXPECT_NE(std::find(due.begin(), due.end(), got), due.end());
          EXPECT_LE(got, now()) << "ahead of its time";
        }
      });
    all.wait();
    taken += t.stop() ? 1 : 0;
    EXPECT_EQ(static_cast<std::size_t>(taken + received), due.size());
    EXPECT_FALSE(t.stop());
  });
}

// One sets and stops it, others receive: who begins to receive after a stop or reset has returned
// gets nothing of before.
TEST_F(TimerModel, NothingOfBeforeIsReceived) {
  explore([] {
    dice d;
    const bool repeats = d.one_in(2);
    wait_group all;
    timer once(1us);
    ticker again(1us);
    const auto c = repeats ? again.c() : once.c();
    int calls = 0;  // odd while one is under way
    time_point earliest = now() + 1us;
    bool over = false;
    all.go([&] {
      dice mine(1);
      for (int k = 0; k < 6; ++k) {
        offset::time::sleep(us(mine.below(4)));
        const auto wait = us(mine.between(1, 3));
        const bool stops = mine.one_in(3);
        ++calls;
        if (repeats)
          stops ? again.stop() : again.reset(wait);
        else
          static_cast<void>(stops ? once.stop() : once.reset(wait));
        earliest = stops ? time_point::max() : now() + wait;
        ++calls;
      }
      over = true;
    });
    for (int r = 0; r < 2; ++r)
      all.go([&, r] {
        dice mine(static_cast<std::uint64_t>(r) + 100);
        while (!over) {
          const int before = calls;
          time_point got;
          const op_status how =
              mine.one_in(3) ? c.try_recv(got) : c.recv_for(got, us(mine.below(4)));
          if (how == op_status::ok) {
            EXPECT_LE(got, now());
            if (before == calls && before % 2 == 0) {
              EXPECT_GE(got, earliest) << "stale";
            }
          }
          offset::time::sleep(us(mine.between(1, 2)));
        }
      });
    all.wait();
  });
}

// Stop and the instant of firing: the function runs, or stop has kept it from running.
TEST_F(TimerModel, StopAndTheFunctionAreNeverBoth) {
  explore([] {
    dice d;
    wait_group all;
    int runs = 0;
    int stops = 0;
    int settings = 1;
    timer t = after_func(2us, [&] {
      ++runs;
      offset::yield();
    });
    for (int s = 0; s < 3; ++s)
      all.go([&, wait = d.below(4), resets = d.one_in(3)] {
        offset::time::sleep(us(wait));
        if (resets) ++settings;
        if (resets ? t.reset(us(wait)) : t.stop()) ++stops;
      });
    all.wait();
    offset::time::sleep(1ms);
    EXPECT_EQ(runs + stops, settings);
    EXPECT_FALSE(t.stop());
  });
}

// A ticker's receivers, slow or many: each tick at most once, in order, at a multiple of the
// period.
TEST_F(TimerModel, TicksComeOnceAndInOrder) {
  explore([] {
    dice d;
    const auto period = us(d.between(1, 3));
    const auto start = now();
    wait_group all;
    std::vector<time_point> got;
    {
      ticker t(period);
      for (int r = 0; r < 2; ++r)
        all.go([&, c = t.c(), slow = d.below(8)] {
          for (int k = 0; k < 4; ++k) {
            const auto tick = c.recv();
            EXPECT_EQ((*tick - start) % period, 0ns);
            EXPECT_LE(*tick, now());
            got.push_back(*tick);
            offset::time::sleep(us(slow));
          }
        });
      all.wait();
    }
    std::vector<time_point> sorted = got;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
    EXPECT_GE(sorted.front(), start + period);
  });
}

}  // namespace
