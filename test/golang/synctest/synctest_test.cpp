// internal/synctest: synctest_test.go.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <offset/testing.hpp>

using namespace std::chrono_literals;
using offset::make_chan;
using offset::testing::bubble;
using offset::testing::bubble_error;
using offset::testing::wait_idle;
namespace time_ = offset::time;

namespace {

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const offset::panic_error& e) {
    const std::string text = e.what();
    return text.substr(0, text.find('\n'));
  }
  return "(none)";
}

TEST(Synctest, Now) {
  const auto start = time_::time_point(946'684'800s);
  bubble([&] {
    // Goroutines see the same clock, which moves by sleeping alone.
    EXPECT_EQ(time_::now(), start);
    auto done = make_chan<void>();
    offset::go([=] {
      EXPECT_EQ(time_::now(), start);
      time_::sleep(1s);
      EXPECT_EQ(time_::now(), start + 1s);
      done.close();
    });
    done.recv();
    EXPECT_EQ(time_::now(), start + 1s);
  });
}

TEST(Synctest, RunEmpty) {
  bubble([] {});
}

TEST(Synctest, SimpleWait) {
  bubble([] { wait_idle(); });
}

TEST(Synctest, GoroutineWait) {
  bubble([] {
    offset::go([] {});
    wait_idle();
  });
}

// Wait: goroutines are made durably blocked in many ways, and their work before it is done.
TEST(Synctest, Wait) {
  bubble([] {
    bool done = false;
    auto c = make_chan<int>();
    auto to = make_chan<int>();
    auto never = make_chan<int>();
    offset::go([&, c, to, never] {
      EXPECT_EQ(c.recv(), 1);
      to.send(2);
      offset::select(never.if_recv(), offset::timeout(1ms));
      done = true;
    });
    wait_idle();
    c.send(1);
    wait_idle();
    EXPECT_EQ(to.recv(), 2);
    wait_idle();
    EXPECT_FALSE(done);
    time_::sleep(1ms);
    wait_idle();
    EXPECT_TRUE(done);
  });
}

TEST(Synctest, Mallocs) {
  for (int i = 0; i < 100; ++i)
    bubble([] {
      auto done = make_chan<std::unique_ptr<std::vector<char>>>();
      for (int n = 0; n < 10; ++n)
        offset::go([=] { done.send(std::make_unique<std::vector<char>>(512)); });
      for (int n = 0; n < 10; ++n) EXPECT_EQ((*done.recv())->size(), 512U);
    });
}

TEST(Synctest, TimerReadBeforeDeadline) {
  bubble([] {
    const auto start = time_::now();
    time_::timer t(5s);
    t.c().recv();
    EXPECT_EQ(time_::now() - start, 5s);
  });
}

TEST(Synctest, TimerReadAfterDeadline) {
  bubble([] {
    constexpr auto delay = 1s;
    const auto want = time_::now() + delay;
    time_::timer t(delay);
    time_::sleep(2 * delay);
    EXPECT_EQ(t.c().recv(), want);
  });
}

TEST(Synctest, TimerReset) {
  bubble([] {
    const auto start = time_::now();
    time_::timer t(1s);
    EXPECT_EQ(t.c().recv(), start + 1s);
    EXPECT_FALSE(t.reset(2s));
    EXPECT_EQ(t.c().recv(), start + 3s);
    EXPECT_FALSE(t.reset(3s));
    time_::sleep(1s);
    EXPECT_TRUE(t.reset(3s));
    EXPECT_EQ(t.c().recv(), start + 7s);
  });
}

TEST(Synctest, TimeAfter) {
  bubble([] {
    const auto start = time_::now();
    int i = 0;
    std::vector<time_::timer> kept;
    kept.push_back(time_::after_func(1s, [&] {
      ++i;
      // What an after_func starts belongs to the bubble as well.
      offset::go([&] { ++i; });
    }));
    time_::sleep(3s);
    wait_idle();
    EXPECT_EQ(i, 2);
    EXPECT_EQ(time_::now() - start, 3s);
  });
}

TEST(Synctest, TimerAfterBubbleExit) {
  static int run;
  run = 0;
  static time_::timer t;
  bubble([] { t = time_::after_func(1s, [] { ++run; }); });
  bubble([] {
    time_::sleep(2s);
    EXPECT_EQ(run, 0);
  });
  std::this_thread::sleep_for(1ms);
  EXPECT_EQ(run, 0);
  t = {};
}

// Go lets a bubble wait for a timer of the real clock; here that is an error, told as such.
TEST(Synctest, TimerFromOutsideBubble) {
  time_::timer outside;
  offset::run([&] { outside = time_::timer(10ms); });
  bubble([&] {
    EXPECT_EQ(panic_of([&] { outside.c().recv(); }),
              "receive: would wait for a channel from outside the testing bubble");
    EXPECT_EQ(panic_of([&] { outside.stop(); }), "stop: timer from outside the testing bubble");
  });
}

TEST(Synctest, TimerFromInsideBubble) {
  time_::timer inside;
  bubble([&] { inside = time_::timer(1h); });
  offset::run([&] {
    EXPECT_EQ(panic_of([&] { inside.stop(); }),
              "stop: timer of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { inside.reset(1s); }),
              "reset: timer of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { inside.c().recv(); }),
              "receive: channel of a testing bubble used from outside it");
  });
}

TEST(Synctest, ChannelFromOutsideBubble) {
  auto choutside = make_chan<int>();
  for (const bool sends : {true, false}) {
    offset::chan<int> inside;
    bubble([&] {
      inside = make_chan<int>();
      EXPECT_NE(panic_of([&] { sends ? choutside.send(1) : static_cast<void>(choutside.recv()); }),
                "(none)");
    });
    offset::run([&] {
      EXPECT_NE(panic_of([&] { sends ? inside.send(1) : static_cast<void>(inside.recv()); }),
                "(none)");
      EXPECT_NE(panic_of([&] { inside.close(); }), "(none)");
    });
  }
}

// Timers at one instant fire in any order, and so do sleepers wake.
TEST(Synctest, TimerNondeterminism) {
  std::vector<int> first(2);
  offset::testing::explore(100, [&] {
    const auto a = time_::after(1s);
    const auto b = time_::after(1s);
    first[offset::select(a.if_recv(), b.if_recv())] = 1;
  });
  EXPECT_EQ(first, (std::vector<int>{1, 1}));
}
TEST(Synctest, SleepNondeterminism) {
  std::vector<int> last(2);
  offset::testing::explore(100, [&] {
    std::atomic<int> result{0};
    offset::sync::wait_group both;
    for (int i = 0; i < 2; ++i)
      both.go([&result, i] {
        time_::sleep(1s);
        result = i;
      });
    both.wait();
    last[static_cast<std::size_t>(result.load())] = 1;
  });
  EXPECT_EQ(last, (std::vector<int>{1, 1}));
}

// A timer of no time fires at once, without the bubble having to wait.
TEST(Synctest, TimerRunsImmediately) {
  bubble([] {
    const auto start = time_::now();
    const time_::timer t(0s);
    time_::time_point at;
    ASSERT_EQ(t.c().try_recv(at), offset::op_status::ok);
    EXPECT_EQ(at, start);
  });
}

// What a late receiver gets is when it fired.
TEST(Synctest, TimerRanInPast) {
  bubble([] {
    const auto want = time_::now() + 1s;
    const time_::timer t(1s);
    time_::sleep(2s);
    time_::time_point at;
    ASSERT_EQ(t.c().try_recv(at), offset::op_status::ok);
    EXPECT_EQ(at, want);
  });
}

TEST(Synctest, AfterFuncRunsImmediately) {
  bubble([] {
    std::atomic<bool> ran{false};
    const auto t = time_::after_func(0s, [&] { ran = true; });
    while (!ran) offset::yield();
  });
}

// One bubble's channel in another.
TEST(Synctest, ChannelMovedOutOfBubble) {
  offset::chan<int> c;
  bubble([&] { c = make_chan<int>(); });
  bubble([&] {
    EXPECT_NE(panic_of([&] { c.recv(); }), "(none)");
    EXPECT_NE(panic_of([&] { c.send(1); }), "(none)");
    EXPECT_NE(panic_of([&] { c.close(); }), "(none)");
  });
}

TEST(Synctest, DeadlockRoot) {
  EXPECT_EQ(panic_of([] { bubble([] { offset::select(); }); }),
            "deadlock: all goroutines in bubble are blocked");
}

TEST(Synctest, DeadlockChild) {
  EXPECT_EQ(panic_of([] { bubble([] { offset::go([] { offset::select(); }); }); }),
            "deadlock: main bubble goroutine has exited but blocked goroutines remain");
}

// A ticker never lets time run out; once main has gone, time does not pass for it.
TEST(Synctest, DeadlockTicker) {
  offset::recv_chan<time_::time_point> ticks;
  EXPECT_EQ(panic_of([&] {
              bubble([&] {
                ticks = time_::tick(1s);
                offset::go([&] {
                  for (const auto t : ticks) static_cast<void>(t);
                });
              });
            }),
            "deadlock: main bubble goroutine has exited but blocked goroutines remain");
}

TEST(Synctest, Cond) {
  bubble([] {
    offset::sync::mutex m;
    offset::sync::cond c(m);
    const auto start = time_::now();
    constexpr auto wait_time = 1ms;

    offset::go([&] {
      // The first is woken by a signal, the rest by a broadcast.
      time_::sleep(wait_time);
      m.lock();
      c.signal();
      m.unlock();
      time_::sleep(wait_time);
      m.lock();
      c.broadcast();
      m.unlock();
    });
    std::vector<std::chrono::nanoseconds> woken;
    offset::sync::wait_group all;
    for (int i = 0; i < 3; ++i)
      all.go([&] {
        std::unique_lock<offset::sync::mutex> held(m);
        c.wait(held);
        woken.push_back(time_::now() - start);
      });
    all.wait();
    EXPECT_EQ(woken,
              (std::vector<std::chrono::nanoseconds>{wait_time, 2 * wait_time, 2 * wait_time}));
  });
}

TEST(Synctest, WaitGroupInBubble) {
  bubble([] {
    offset::sync::wait_group wg;
    wg.add(1);
    constexpr auto delay = 1s;
    offset::go([&] {
      time_::sleep(delay);
      wg.done();
    });
    const auto start = time_::now();
    wg.wait();
    EXPECT_EQ(time_::now() - start, delay);
  });
}

// Everything that goroutines of the bubble do before they wait happens before wait_idle returns. Of
// use under ThreadSanitizer.
// TestWaitGroupMovedBetweenBubblesWithZeroCount and ...AfterWait
TEST(Synctest, WaitGroupMovedBetweenBubbles) {
  offset::sync::wait_group wg;
  for (int i = 0; i < 2; ++i) {
    bubble([&] {
      wg.add(1);
      wg.done();
    });
    bubble([&] {
      wg.go([] {});
      wg.wait();
    });
  }
}

// TestIteratorPush: an iterator that is given the loop's body, and takes its time.
TEST(Synctest, IteratorPush) {
  bubble([] {
    const auto each = [](const auto& body) {
      while (body(time_::now())) time_::sleep(1s);
    };
    const auto start = time_::now();
    std::vector<time_::time_point> got;
    offset::go([&] {
      each([&](time_::time_point now) {
        got.push_back(now);
        return got.size() < 3;
      });
    });
    time_::sleep(5s);
    wait_idle();
    EXPECT_EQ(got, (std::vector<time_::time_point>{start, start + 1s, start + 2s}));
  });
}

TEST(Synctest, HappensBefore) {
  offset::testing::explore(10, [] {
    int v = 0;
    offset::go([&] {
      ++v;  // 1
      offset::go([&] { time_::sleep(2s); });
    });
    wait_idle();
    ++v;  // 2
    offset::go([&] {
      ++v;  // 3
      time_::sleep(1s);
      ++v;  // 4
    });
    time_::sleep(500ms);
    wait_idle();
    EXPECT_EQ(v, 3);
    time_::sleep(1s);
    wait_idle();
    ++v;  // 5
    auto timer = time_::after_func(0s, [&] {
      ++v;  // 6
    });
    wait_idle();
    ++v;  // 7
    auto c = make_chan<int>();
    offset::go([&, c] {
      c.recv();
      ++v;  // 8
      offset::yield();
      ++v;  // 9
    });
    c.send(1);
    wait_idle();
    ++v;  // 10
    EXPECT_EQ(v, 10);
    time_::sleep(1s);
  });
}

// --- testing/synctest

// Example_time.
TEST(TestingSynctest, Time) {
  bubble([] {
    const auto start = time_::now();
    offset::go([start] {
      time_::sleep(1s);
      EXPECT_EQ(time_::now() - start, 1s);
    });
    time_::sleep(2s);  // the other has been there a second ago, for sure
    EXPECT_EQ(time_::now() - start, 2s);
  });
}

// Example_contextAfterFunc.
TEST(TestingSynctest, ContextAfterFunc) {
  offset::testing::explore(50, [] {
    auto [ctx, cancel] = offset::context::with_cancel(offset::context::background());
    bool called = false;
    const auto stop = offset::context::after_func(ctx, [&] { called = true; });
    wait_idle();
    EXPECT_FALSE(called);
    cancel();
    wait_idle();
    EXPECT_TRUE(called);
  });
}

// Example_contextWithTimeout.
TEST(TestingSynctest, ContextWithTimeout) {
  bubble([] {
    constexpr auto limit = 5s;
    auto [ctx, cancel] = offset::context::with_timeout(offset::context::background(), limit);
    time_::sleep(limit - 1ns);
    wait_idle();
    EXPECT_FALSE(ctx.err());
    time_::sleep(1ns);
    wait_idle();
    EXPECT_TRUE(ctx.err() == std::errc::timed_out);
    EXPECT_FALSE(ctx.done().recv());
    cancel();
  });
}

// Example_wait: without the wait, who prints first would be left to the schedule.
TEST(TestingSynctest, WaitOrdersTheTwo) {
  offset::testing::explore(50, [] {
    bool done = false;
    offset::go([&] { done = true; });
    wait_idle();
    EXPECT_TRUE(done);
  });
}

}  // namespace
