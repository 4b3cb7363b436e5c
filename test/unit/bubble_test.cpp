// testing::bubble: its clock, wait_idle, how it ends, and its border.
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>
#include <offset/testing.hpp>

#include "../support/program.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::op_status;
using offset::panic_error;
using offset::select;
using offset::testing::bubble;
using offset::testing::bubble_error;
using offset::testing::wait_idle;
namespace time_ = offset::time;

namespace {

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const panic_error& e) {
    return e.what();
  }
  return "(none)";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::chrono::nanoseconds since(time_::time_point t) { return time_::now() - t; }

// --- the clock

TEST(BubbleClock, BeginsAtTheSameInstantAndStandsStill) {
  const auto instant = time_::time_point(946'684'800s);
  for (int i = 0; i < 2; ++i)
    bubble([&] {
      EXPECT_EQ(time_::now(), instant);
      for (volatile int spin = 0; spin < 100'000;) spin = spin + 1;
      EXPECT_EQ(time_::clock::now(), instant);
      time_::sleep(3h);
      EXPECT_EQ(time_::now(), instant + 3h);
    });
}

TEST(BubbleClock, OutsideItIsTheSteadyClock) {
  const auto before = std::chrono::steady_clock::now();
  const auto now = time_::now();
  EXPECT_LE(before, now);
  bubble([] { time_::sleep(1h); });
  const auto after = time_::now();
  EXPECT_LE(now, after);
  EXPECT_LE(after, std::chrono::steady_clock::now());
}

TEST(BubbleClock, SleepersWakeInOrderAtExactInstants) {
  bubble([] {
    const auto start = time_::now();
    std::vector<int> woken;
    offset::sync::wait_group all;
    for (const int s : {30, 10, 20, 40})
      all.go([&, s] {
        time_::sleep(std::chrono::seconds(s));
        EXPECT_EQ(since(start), std::chrono::seconds(s));
        woken.push_back(s);
      });
    all.wait();
    EXPECT_EQ(woken, (std::vector{10, 20, 30, 40}));
    EXPECT_EQ(since(start), 40s);
  });
}

TEST(BubbleClock, EveryWayToWaitForATimeReadsIt) {
  bubble([] {
    auto start = time_::now();
    const auto took = [&] {
      return std::chrono::nanoseconds(time_::now() - std::exchange(start, time_::now()));
    };
    auto c = make_chan<int>();
    int out = 0;
    EXPECT_EQ(c.recv_for(out, 7s), op_status::timeout);
    EXPECT_EQ(took(), 7s);
    EXPECT_EQ(c.send_for(1, 5ms), op_status::timeout);
    EXPECT_EQ(took(), 5ms);
    EXPECT_EQ(c.recv_until(out, time_::now() + 2h), op_status::timeout);
    EXPECT_EQ(took(), 2h);
    EXPECT_EQ(c.recv_until(out, time_::now()), op_status::timeout);
    EXPECT_EQ(took(), 0s);
    EXPECT_EQ(offset::chan<int>().recv_for(out, 1s), op_status::timeout);
    EXPECT_EQ(took(), 1s);
    EXPECT_EQ(select(c.if_recv(), offset::timeout(9s)), 1U);
    EXPECT_EQ(took(), 9s);
    EXPECT_EQ(*time_::after(11s).recv(), start + 11s);
    EXPECT_EQ(took(), 11s);
    time_::ticker ticks(3s);
    for (int i = 1; i <= 4; ++i) {
      EXPECT_EQ(*ticks.c().recv(), start + 3s);
      EXPECT_EQ(took(), 3s);
    }
    bool ran = false;
    auto timer = time_::after_func(13s, [&] { ran = true; });
    time_::sleep(13s);
    wait_idle();
    EXPECT_TRUE(ran);
    EXPECT_EQ(took(), 13s);
    EXPECT_FALSE(timer.reset(1s));
    EXPECT_TRUE(timer.stop());
  });
}

TEST(BubbleClock, AYearTakesNoTime) {
  const auto began = std::chrono::steady_clock::now();
  bubble([] {
    const auto start = time_::now();
    for (int day = 0; day < 365; ++day) time_::sleep(24h);
    EXPECT_EQ(since(start), 365 * 24h);
  });
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1h);
}

// --- wait_idle

TEST(BubbleIdle, ReturnsWhenTheOthersWaitAndBeforeTimePasses) {
  bubble([] {
    const auto start = time_::now();
    std::atomic<int> done{0};
    auto c = make_chan<int>();
    for (int i = 0; i < 10; ++i)
      offset::go([&] {
        for (int k = 0; k < 5; ++k) offset::yield();
        ++done;
        time_::sleep(1s);
        c.recv();
        ++done;
      });
    wait_idle();
    EXPECT_EQ(done, 10);
    EXPECT_EQ(since(start), 0s);
    time_::sleep(1s);
    wait_idle();
    EXPECT_EQ(done, 10);
    for (int i = 0; i < 10; ++i) c.send(i);
    wait_idle();
    EXPECT_EQ(done, 20);
    EXPECT_EQ(since(start), 1s);
  });
}

TEST(BubbleIdle, ASecondCallerPanics) {
  bubble([] {
    auto said = make_chan<std::string>(2);
    auto again = make_chan<void>();
    for (int i = 0; i < 2; ++i)
      offset::go([&] {
        again.recv();
        said.send(panic_of(wait_idle));
      });
    wait_idle();
    // Nobody is idle before the second has come: main can run until then.
    again.close();
    while (said.len() == 0) offset::yield();
    EXPECT_EQ(said.recv(), "wait already in progress");
    time_::sleep(1s);
    EXPECT_EQ(said.len(), 1U);
    EXPECT_EQ(said.recv(), "(none)");
  });
}

TEST(BubbleIdle, OutsideABubbleItPanics) {
  EXPECT_EQ(panic_of(wait_idle), "goroutine is not in a bubble");
  offset::run([] { EXPECT_EQ(panic_of(wait_idle), "goroutine is not in a bubble"); });
}

TEST(BubbleIdle, ABlockingCallIsNotIdle) {
  bubble([] {
    const auto start = time_::now();
    std::atomic<bool> go_on{false};
    bool back = false;
    offset::go([&] {
      const int v = offset::blocking([&] {
        while (!go_on) std::this_thread::yield();
        return 7;
      });
      EXPECT_EQ(v, 7);
      back = true;
    });
    offset::go([&] {
      offset::yield();
      go_on = true;
    });
    wait_idle();
    EXPECT_TRUE(back);
    EXPECT_EQ(since(start), 0s);
    // Nor does time pass meanwhile.
    offset::go([] { offset::blocking([] { std::this_thread::sleep_for(2ms); }); });
    time_::sleep(1s);
    EXPECT_EQ(since(start), 1s);
  });
}

TEST(BubbleIdle, ManyBlockingCallsOneAfterTheOther) {
  bubble([] {
    for (int i = 0; i < 300; ++i) {
      offset::blocking([] {});
      wait_idle();
    }
  });
}

// --- the end

TEST(BubbleEnd, WaitsForWhoCanRunAfterMain) {
  static std::atomic<int> ran;
  ran = 0;
  bubble([] {
    for (int i = 0; i < 100; ++i)
      offset::go([] {
        offset::yield();
        ++ran;
      });
  });
  EXPECT_EQ(ran, 100);
}

TEST(BubbleEnd, GoexitOfMainIsAReturn) {
  static int ran;
  ran = 0;
  bubble([] {
    offset::go([] { ++ran; });
    offset::goexit();
  });
  EXPECT_EQ(ran, 1);
}

TEST(BubbleEnd, AnExceptionOfMainLeavesIt) {
  EXPECT_THROW(bubble([] {
                 offset::go([] { offset::select(); });
                 throw std::out_of_range("mine");
               }),
               std::out_of_range);
  bubble([] {});  // nothing is left of the one before
}

TEST(BubbleEnd, DeadlockListsAllWithWhereTheyWait) {
  offset::chan<int> c;  // not the abandoned goroutine's, so that it is freed
  try {
    bubble({.seed = 12}, [&] {
      c = make_chan<int>();
      offset::go({.name = "the second"}, [&] { c.send(1); });
      offset::sync::mutex m;
      m.lock();
      m.lock();
    });
    ADD_FAILURE() << "no deadlock";
  } catch (const bubble_error& e) {
    const std::string text = e.what();
    EXPECT_TRUE(text.starts_with("deadlock: all goroutines in bubble are blocked\n\n"
                                 "goroutine 1 [sync.Mutex.Lock]:\n"))
        << text;
    EXPECT_NE(text.find(" [chan send]: the second\n"), std::string::npos) << text;
    EXPECT_NE(text.find("created by "), std::string::npos) << text;
    EXPECT_EQ(e.seed(), 12U);
  }
}

TEST(BubbleEnd, LeftGoroutinesAreAFailure) {
  offset::chan<int> c;
  try {
    bubble([&] {
      c = make_chan<int>();
      offset::go([&] { c.recv(); });
      offset::go([] { time_::sleep(1s); });
    });
    ADD_FAILURE() << "nothing left";
  } catch (const bubble_error& e) {
    const std::string text = e.what();
    EXPECT_EQ(first_line(text),
              "deadlock: main bubble goroutine has exited but blocked goroutines remain");
    EXPECT_NE(text.find(" [chan receive]:\n"), std::string::npos) << text;
    EXPECT_NE(text.find(" [sleep]:\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("goroutine 1 "), std::string::npos) << text;
  }
}

TEST(BubbleEnd, PendingTimersAreNoFailureAndNeverFire) {
  static bool fired;
  fired = false;
  static time_::timer kept;
  bubble([] { kept = time_::after_func(1ms, [] { fired = true; }); });
  std::this_thread::sleep_for(3ms);
  EXPECT_FALSE(fired);
  kept = {};
}

TEST(BubbleEnd, TimeStandsStillAfterMain) {
  EXPECT_THROW(bubble([] { offset::go([] { time_::sleep(1ns); }); }), bubble_error);
}

// --- one at a time

TEST(BubbleAlone, NotBesideARuntimeNorInsideAnything) {
  const auto text_of = [](auto f) -> std::string {
    try {
      f();
    } catch (const panic_error& e) {
      return std::string("panic: ") + e.what();
    } catch (const std::logic_error& e) {
      return e.what();
    }
    return "(none)";
  };
  const auto start = [] { bubble([] {}); };
  offset::run(
      [&] { EXPECT_EQ(text_of(start), "offset: testing: bubble: called inside a runtime"); });
  {
    const offset::runtime alive;
    EXPECT_EQ(text_of(start), "offset: testing: bubble: another runtime is alive; one at a time");
  }
  bubble([&] {
    EXPECT_EQ(text_of(start), "offset: testing: bubble: called inside a testing bubble");
    EXPECT_EQ(text_of([] { offset::run([] {}); }), "offset: run: called inside a testing bubble");
  });
}

TEST(BubbleAlone, PlainThreadsDoNotReachInside) {
  bubble([] {
    offset::blocking([] {
      EXPECT_THROW(offset::go([] {}), std::logic_error);
      EXPECT_THROW(time_::after(1s), std::logic_error);
      EXPECT_EQ(offset::num_goroutines(), 0U);
      EXPECT_EQ(offset::testing::seed(), 0U);
    });
    EXPECT_EQ(offset::num_goroutines(), 1U);
    EXPECT_EQ(offset::goroutine_id(), 1U);
  });
}

TEST(BubbleAlone, PinnedGoroutinesAreCarriedByTheOneThread) {
  bubble([] {
    const auto main_thread = std::this_thread::get_id();
    auto c = make_chan<std::thread::id>();
    offset::go({.pinned = true}, [=] { c.send(std::this_thread::get_id()); });
    EXPECT_EQ(c.recv(), main_thread);
  });
}

// --- the border

TEST(BubbleBorder, ItsChannelsAreNotForOthers) {
  offset::chan<int> c;
  offset::chan<int> full;
  bubble([&] {
    c = make_chan<int>(1);
    full = make_chan<int>(1);
    full.send(1);
    offset::blocking([&] {
      EXPECT_EQ(panic_of([&] { c.send(1); }),
                "send: channel of a testing bubble used from outside it");
    });
    EXPECT_EQ(c.len(), 0U);
  });
  const auto from_outside = [&] {
    int v = 0;
    EXPECT_EQ(panic_of([&] { c.send(1); }),
              "send: channel of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { full.recv(); }),
              "receive: channel of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { static_cast<void>(full.try_recv(v)); }),
              "receive: channel of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { static_cast<void>(c.try_recv(v)); }),
              "receive: channel of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { c.close(); }),
              "close: channel of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { select(c.if_recv(), offset::otherwise); }),
              "select: channel of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { select(c.if_recv(), full.if_send(1)); }),
              "select: channel of a testing bubble used from outside it");
  };
  from_outside();
  offset::run(from_outside);
  bubble(from_outside);  // another one
  EXPECT_EQ(c.len(), 0U);
  EXPECT_EQ(full.len(), 1U);
}

TEST(BubbleBorder, ItsGoroutinesDoNotWaitForOthers) {
  auto outside = make_chan<int>(1);
  auto unbuffered = make_chan<int>();
  bubble([&] {
    outside.send(1);  // what completes at once is allowed
    EXPECT_EQ(outside.recv(), 1);
    EXPECT_EQ(select(outside.if_recv(), offset::otherwise), 1U);
    int v = 0;
    EXPECT_EQ(unbuffered.try_recv(v), op_status::would_block);
    EXPECT_EQ(panic_of([&] { unbuffered.recv(); }),
              "receive: would wait for a channel from outside the testing bubble");
    EXPECT_EQ(panic_of([&] { unbuffered.send(1); }),
              "send: would wait for a channel from outside the testing bubble");
    EXPECT_EQ(panic_of([&] { static_cast<void>(unbuffered.recv_for(v, 1s)); }),
              "receive: would wait for a channel from outside the testing bubble");
    auto mine = make_chan<int>();
    EXPECT_EQ(panic_of([&] { select(mine.if_recv(), unbuffered.if_recv()); }),
              "select: would wait for a channel from outside the testing bubble");
    EXPECT_EQ(panic_of([&] { select(mine.if_recv(), unbuffered.if_recv(), offset::timeout(1s)); }),
              "select: would wait for a channel from outside the testing bubble");
  });
  EXPECT_EQ(test::receivers_of(unbuffered), 0U);
  EXPECT_EQ(test::senders_of(unbuffered), 0U);
}

TEST(BubbleBorder, TimersStayOnTheirSide) {
  time_::timer outer;
  offset::run([&] { outer = time_::timer(1h); });
  time_::timer inner;
  bubble([&] {
    inner = time_::timer(1h);
    EXPECT_EQ(panic_of([&] { outer.reset(1s); }), "reset: timer from outside the testing bubble");
    EXPECT_EQ(panic_of([&] { outer.stop(); }), "stop: timer from outside the testing bubble");
    EXPECT_EQ(panic_of([&] { outer.c().recv(); }),
              "receive: would wait for a channel from outside the testing bubble");
  });
  offset::run([&] {
    EXPECT_EQ(panic_of([&] { inner.reset(1s); }),
              "reset: timer of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { inner.stop(); }),
              "stop: timer of a testing bubble used from outside it");
    EXPECT_EQ(panic_of([&] { inner.c().recv(); }),
              "receive: channel of a testing bubble used from outside it");
  });
}

// --- channels and sync keep their meaning

TEST(BubbleMeaning, TriesAndSelectsOfWhatIsNotReady) {
  bubble([] {
    auto c = make_chan<int>(2);
    int v = 0;
    EXPECT_EQ(c.try_recv(v), op_status::would_block);
    EXPECT_EQ(c.try_send(1), op_status::ok);
    EXPECT_EQ(c.try_send(2), op_status::ok);
    EXPECT_EQ(c.try_send(3), op_status::would_block);
    EXPECT_EQ(select(c.if_send(4), offset::otherwise), 1U);
    EXPECT_EQ(c.len(), 2U);
    EXPECT_EQ(c.recv(), 1);
    c.close();
    EXPECT_EQ(panic_of([&] { c.send(1); }), "send on closed channel");
    EXPECT_EQ(c.recv(), 2);
    EXPECT_EQ(c.recv(), std::nullopt);
    EXPECT_EQ(select(c.if_recv(v), offset::otherwise), 0U);
    auto words = make_chan<std::string>();
    const std::string word = "kept";
    EXPECT_EQ(select(words.if_send(word), offset::otherwise), 1U);
    EXPECT_EQ(select(words.if_recv(), words.if_send(word), offset::timeout(1s)), 2U);
    EXPECT_EQ(test::receivers_of(words) + test::senders_of(words), 0U);
  });
}

TEST(BubbleMeaning, RwMutexCondSemaphoreOnce) {
  bubble([] {
    const auto start = time_::now();
    offset::sync::rw_mutex rw;
    rw.rlock();
    EXPECT_TRUE(rw.try_rlock());
    EXPECT_FALSE(rw.try_lock());
    int order = 0;
    offset::go([&] {
      rw.lock();
      EXPECT_EQ(since(start), 2s);
      EXPECT_EQ(++order, 1);
      rw.unlock();
    });
    time_::sleep(1s);
    EXPECT_FALSE(rw.try_rlock());  // a writer waits
    rw.runlock();
    time_::sleep(1s);
    rw.runlock();
    rw.rlock();
    EXPECT_EQ(++order, 2);
    rw.runlock();
    EXPECT_TRUE(rw.try_lock());
    EXPECT_FALSE(rw.try_rlock());
    rw.unlock();

    offset::sync::mutex m;
    EXPECT_TRUE(m.try_lock());
    EXPECT_FALSE(m.try_lock());
    m.unlock();
    offset::sync::cond c(m);
    bool ready = false;
    offset::go([&] {
      time_::sleep(5s);
      const std::unique_lock<offset::sync::mutex> held(m);
      ready = true;
      c.broadcast();
    });
    {
      std::unique_lock<offset::sync::mutex> held(m);
      c.wait(held, [&] { return ready; });
    }
    EXPECT_EQ(since(start), 7s);

    offset::sync::semaphore s(2);
    offset::sync::wait_group all;
    for (int i = 0; i < 6; ++i)
      all.go([&] {
        s.acquire();
        time_::sleep(1s);
        s.release();
      });
    all.wait();
    EXPECT_EQ(since(start), 10s);
  });
}

constinit offset::sync::mutex static_mutex;  // initialised before anything runs, as ever
constinit offset::sync::rw_mutex static_rw_mutex;
constinit offset::sync::once static_once;

TEST(BubbleMeaning, WhatIsStaticWorksThereToo) {
  offset::testing::explore(20, [] {
    int v = 0;
    offset::sync::wait_group all;
    for (int i = 0; i < 3; ++i)
      all.go([&] {
        const std::lock_guard<offset::sync::mutex> held(static_mutex);
        static_rw_mutex.lock();
        const int seen = v;
        time_::sleep(1s);
        v = seen + 1;
        static_rw_mutex.unlock();
        static_once.call([] { time_::sleep(1s); });
      });
    all.wait();
    EXPECT_EQ(v, 3);
  });
}

TEST(BubbleMeaning, UnlockOfUnlockedIsFatalThereToo) {
  const auto o = test::run_program("unlock_in_bubble");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with("fatal error: sync: unlock of unlocked mutex\n")) << o.err;
}
PROGRAM(unlock_in_bubble) {
  bubble([] {
    offset::sync::mutex m;
    m.unlock();
  });
  return 0;
}

// --- programs that die or fail

PROGRAM(panic_in_bubble) {
  bubble({.seed = 4321}, [] {
    offset::go([] { throw std::runtime_error("oh no"); });
    time_::sleep(1s);
  });
  return 0;
}
TEST(BubblePrograms, APanicTellsTheSeedLast) {
  const auto o = test::run_program("panic_in_bubble");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with("panic: oh no\n\ngoroutine ")) << o.err;
  EXPECT_TRUE(o.err_has("\noffset: testing: seed 4321; to run it again: OFFSET_SEED=4321 /"))
      << o.err;
  EXPECT_TRUE(o.err.ends_with("unit_bubble --program panic_in_bubble\n")) << o.err;
}

PROGRAM(exception_of_bubble) {
  try {
    bubble({.seed = 5, .rerun_with = "--only this"}, [] { throw std::runtime_error("mine"); });
  } catch (const std::runtime_error&) {
    return 3;
  }
  return 0;
}
TEST(BubblePrograms, AnExceptionTellsTheSeed) {
  const auto o = test::run_program("exception_of_bubble");
  EXPECT_EQ(o.status, 3);
  EXPECT_TRUE(o.err.starts_with("offset: testing: seed 5; to run it again: OFFSET_SEED=5 "))
      << o.err;
  EXPECT_TRUE(o.err.ends_with("unit_bubble --only this\n")) << o.err;
}

PROGRAM(leak_in_bubble) {
  try {
    bubble([] { offset::go([] { offset::select(); }); });
  } catch (const bubble_error& e) {
    return static_cast<int>(e.seed());
  }
  return 0;
}
TEST(BubblePrograms, TheEnvironmentGivesTheSeed) {
  auto o = test::run_program("leak_in_bubble", {"OFFSET_SEED=33"});
  EXPECT_EQ(o.status, 33) << o.err;
  EXPECT_TRUE(o.err_has("OFFSET_SEED=33 ")) << o.err;
  o = test::run_program("leak_in_bubble", {"OFFSET_SEED"});
  EXPECT_EQ(o.status, 1) << o.err;
}

TEST(BubblePrograms, AnExceptionBeforeItBeganTellsNothing) {
  EXPECT_THROW(bubble({.depth = 0}, [] {}), std::invalid_argument);
  EXPECT_THROW(bubble({.stack_size = 1}, [] {}), std::invalid_argument);
  bubble([] {});
}

}  // namespace
