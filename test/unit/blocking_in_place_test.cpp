// Blocking calls that were short lately run on the carrier: what they see, and what becomes of them
// when they are long after all.
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/wait.h"

using offset::blocking;
using offset::make_chan;
using offset::run;

namespace {

// One kind of call: the code is what calls are told apart by.
template <class F>
auto call(const F& f) {
  return blocking([&f] { return f(); });
}
using any_call = std::function<int()>;

// Until calls of the kind run in place.
void make_short(const any_call& f) {
  for (int i = 0; i < 200; ++i) call(f);
}

// On the thread that carries its goroutine.
TEST(BlockingInPlace, RunsOnTheCarrier) {
  run({.maxprocs = 1}, [] {
    const auto here = [] { return blocking([] { return std::this_thread::get_id(); }); };
    while (here() != std::this_thread::get_id()) offset::yield();
  });
}

TEST(BlockingInPlace, SeesWhatACallOnThePoolSees) {
  run({.maxprocs = 1}, [] {
    const auto c = make_chan<int>(1);
    any_call f = [&] {
      EXPECT_EQ(offset::goroutine_id(), 0U);
      EXPECT_EQ(blocking([] { return 3; }), 3);
      EXPECT_THROW(offset::goexit(), std::logic_error);
      offset::yield();
      c.send(1);
      return *c.recv();
    };
    make_short(f);
    EXPECT_EQ(call(f), 1);
  });
}

TEST(BlockingInPlace, PassesExceptionsThrough) {
  run([] {
    int caught = 0;
    any_call f = []() -> int { throw std::runtime_error("why"); };
    for (int i = 0; i < 300; ++i) try {
        call(f);
      } catch (const std::runtime_error&) {
        ++caught;
      }
    EXPECT_EQ(caught, 300);
    // While one is in flight as well.
    for (int i = 0; i < 100; ++i) try {
        throw i;
      } catch (int v) {
        EXPECT_THROW(call(f), std::runtime_error);
        EXPECT_EQ(v, i);
      }
    EXPECT_EQ(std::uncaught_exceptions(), 0);
  });
}

// Nothing else gives way here.
TEST(BlockingInPlace, OthersGetTheirTurn) {
  run({.maxprocs = 1}, [] {
    std::atomic<bool> stop{false};
    any_call f = [] { return 0; };
    make_short(f);
    offset::go([&] { stop = true; });
    while (!stop) call(f);
  });
}

TEST(BlockingInPlace, TimersFireMeanwhile) {
  run({.maxprocs = 1}, [] {
    any_call f = [] { return 0; };
    make_short(f);
    std::atomic<bool> fired{false};
    const auto t = offset::time::after_func(std::chrono::milliseconds(1), [&] { fired = true; });
    while (!fired) call(f);
  });
}

// A call that was short a hundred times waits for a goroutine of the only carrier.
TEST(BlockingInPlace, ALongOneHoldsNobodyUp) {
  run({.maxprocs = 1}, [] {
    for (int round = 0; round < 3; ++round) {
      std::atomic<bool> wait{false};
      std::atomic<bool> open{false};
      any_call f = [&] {
        while (wait && !open) std::this_thread::yield();
        return 0;
      };
      make_short(f);
      wait = true;
      offset::go([&] { open = true; });
      call(f);
      EXPECT_TRUE(open);
    }
  });
}

TEST(BlockingInPlace, ManyThatWaitForOneAnother) {
  run({.maxprocs = 2}, [] {
    constexpr int count = 100;
    std::atomic<bool> wait{false};
    std::atomic<int> came{0};
    any_call f = [&] {
      if (!wait) return 0;
      ++came;
      while (came < count) std::this_thread::sleep_for(std::chrono::microseconds(100));
      return 1;
    };
    make_short(f);
    wait = true;
    std::atomic<int> sum{0};
    offset::sync::wait_group all;
    for (int i = 0; i < count; ++i) all.go([&] { sum += call(f); });
    all.wait();
    EXPECT_EQ(sum, count);
  });
}

TEST(BlockingInPlace, ByManyGoroutinesAtOnce) {
  run([] {
    std::atomic<long> sum{0};
    offset::sync::wait_group all;
    for (int k = 0; k < 50; ++k)
      all.go([&, k] {
        any_call f = [k] { return k; };
        for (int i = 0; i < 500; ++i) {
          sum += call(f);
          if (i % 7 == 0) offset::yield();
        }
      });
    all.wait();
    EXPECT_EQ(sum, 500L * 49 * 50 / 2);
  });
}

// main returns while the call is under way; the goroutine never runs again.
TEST(BlockingInPlace, ACallThatOutlastsMain) {
  std::atomic<bool> wait{false};
  std::atomic<pid_t> carrier{0};
  std::atomic<bool> over{false};
  std::atomic<bool> left{false};
  std::atomic<bool> went_on{false};
  any_call f = [&] {
    if (!wait) return 0;
    carrier = gettid();
    while (!over) std::this_thread::yield();
    left = true;
    return 0;
  };
  run({.maxprocs = 1}, [&] {
    make_short(f);
    wait = true;
    offset::go([&] {
      call(f);
      went_on = true;
    });
    while (carrier == 0) offset::yield();
  });
  over = true;
  const std::filesystem::path its_thread = "/proc/self/task/" + std::to_string(carrier);
  ASSERT_TRUE(test::await([&] { return left && !exists(its_thread); }));
  EXPECT_FALSE(went_on);
}

TEST(BlockingInPlace, WithAContext) {
  run([] {
    auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    int ran = 0;
    const auto f = [&ran, &ctx = ctx] { return blocking(ctx, [&ran] { return ++ran; }); };
    for (int i = 1; i <= 200; ++i) EXPECT_EQ(f(), i);
    cancel();
    EXPECT_EQ(f(), std::nullopt);
    EXPECT_EQ(ran, 200);
  });
}

}  // namespace
