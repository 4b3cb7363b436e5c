// The deadlock report: when it comes, what it says, and when it must stay silent.
#include <cstdio>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/program.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::select;

// Not in an unnamed namespace: stacks name what the executable exports.
volatile int calls_returned = 0;
[[gnu::noinline]] void a_place_to_wait(const offset::chan<int>& c) {
  c.recv();
  calls_returned = 1;  // not a tail call
}

namespace {

const std::string all_asleep = "fatal error: all goroutines are asleep - deadlock!\n\n";

void expect_deadlock(const char* name, const std::string& reason) {
  const auto o = test::run_program(name);
  EXPECT_EQ(o.status, 2) << name << ": " << o.err;
  EXPECT_TRUE(o.err.starts_with(all_asleep + "goroutine 1 [" + reason + "]:\n"))
      << name << ": " << o.err;
  EXPECT_FALSE(o.timed_out) << name;
}

PROGRAM(chan_receive) {
  return offset::run([] { make_chan<int>().recv(); });
}
PROGRAM(chan_send) {
  return offset::run([] { make_chan<int>().send(1); });
}
PROGRAM(chan_send_full) {
  return offset::run([] {
    auto c = make_chan<std::string>(1);
    c.send("1");
    c.send("2");
  });
}
PROGRAM(chan_range) {
  return offset::run([] {
    for (int v : make_chan<int>(3)) std::printf("%d", v);
  });
}
PROGRAM(nil_receive) {
  return offset::run([] { offset::chan<int>().recv(); });
}
PROGRAM(nil_send) {
  return offset::run([] { offset::chan<int>().send(1); });
}
PROGRAM(select_two) {
  return offset::run([] { select(make_chan<int>().if_recv(), make_chan<int>().if_send(1)); });
}
PROGRAM(select_nil) {
  return offset::run([] { select(offset::chan<int>().if_recv()); });
}
PROGRAM(select_nothing) {
  return offset::run([] { select(); });
}
PROGRAM(select_empty_list) {
  return offset::run([] { select(std::vector<offset::select_case>()); });
}
PROGRAM(mutex_twice) {
  return offset::run([] {
    offset::sync::mutex m;
    m.lock();
    m.lock();
  });
}
PROGRAM(rw_read_under_write) {
  return offset::run([] {
    offset::sync::rw_mutex m;
    m.lock();
    m.rlock();
  });
}
PROGRAM(rw_write_under_read) {
  return offset::run([] {
    offset::sync::rw_mutex m;
    m.rlock();
    m.lock();
  });
}
PROGRAM(wait_group) {
  return offset::run([] {
    offset::sync::wait_group g;
    g.add(1);
    g.wait();
  });
}
PROGRAM(cond) {
  return offset::run([] {
    offset::sync::mutex m;
    offset::sync::cond c(m);
    std::unique_lock lock(m);
    c.wait(lock);
  });
}
PROGRAM(semaphore) {
  return offset::run([] {
    offset::sync::semaphore s(1);
    s.acquire();
    s.acquire();
  });
}
PROGRAM(semaphore_too_much) {
  return offset::run([] { offset::sync::semaphore(1).acquire(2); });
}
PROGRAM(once_inside_itself) {
  return offset::run([] {
    offset::sync::once o;
    o.call([&] { o.call([] {}); });
  });
}

TEST(Deadlock, WaitReasons) {
  expect_deadlock("chan_receive", "chan receive");
  expect_deadlock("chan_send", "chan send");
  expect_deadlock("chan_send_full", "chan send");
  expect_deadlock("chan_range", "chan receive");
  expect_deadlock("nil_receive", "chan receive (nil chan)");
  expect_deadlock("nil_send", "chan send (nil chan)");
  expect_deadlock("select_two", "select");
  expect_deadlock("select_nil", "select");
  expect_deadlock("select_nothing", "select (no cases)");
  expect_deadlock("select_empty_list", "select (no cases)");
  expect_deadlock("mutex_twice", "sync.Mutex.Lock");
  expect_deadlock("rw_read_under_write", "sync.RWMutex.RLock");
  expect_deadlock("rw_write_under_read", "sync.RWMutex.Lock");
  expect_deadlock("wait_group", "sync.WaitGroup.Wait");
  expect_deadlock("cond", "sync.Cond.Wait");
  expect_deadlock("semaphore", "semacquire");
  expect_deadlock("semaphore_too_much", "semacquire");
  expect_deadlock("once_inside_itself", "sync.Mutex.Lock");
}

PROGRAM(several) {
  std::fputs("flushed", stdout);
  return offset::run([] {
    auto c = make_chan<int>();
    offset::go({.name = "helper"}, [=] { c.send(*offset::chan<int>().recv()); });
    offset::go([=] { select(c.if_recv(), c.if_recv()); });
    a_place_to_wait(c);
  });
}
TEST(Deadlock, ListsEveryGoroutine) {
  const auto o = test::run_program("several");
  EXPECT_EQ(o.status, 2);
  EXPECT_EQ(o.out, "flushed");
  EXPECT_TRUE(o.err.starts_with(all_asleep + "goroutine 1 [chan receive]:\n")) << o.err;
  EXPECT_TRUE(o.err_has("a_place_to_wait")) << o.err;
  EXPECT_TRUE(o.err_has(" [chan receive (nil chan)]: helper\n")) << o.err;
  EXPECT_TRUE(o.err_has(" [select]:\n")) << o.err;
}

PROGRAM(after_a_timer) {
  return offset::run([] {
    auto t = offset::time::after_func(20ms, [] {
      std::puts("fired");
      std::fflush(stdout);
    });
    make_chan<int>().recv();
  });
}
PROGRAM(stopped_timer) {
  return offset::run([] {
    offset::time::timer t(1h);
    offset::time::ticker k(1h);
    t.stop();
    k.stop();
    t.c().recv();
  });
}
PROGRAM(dropped_timers) {
  return offset::run([] {
    offset::time::after(1h);
    offset::time::tick(1ms);
    { const offset::time::timer t(1h); }
    static_cast<void>(offset::select(offset::time::after(1h).if_recv(), offset::timeout(1ms)));
    make_chan<int>().recv();
  });
}
PROGRAM(after_a_blocking_call) {
  return offset::run([] {
    offset::go([] {
      offset::blocking([] { std::this_thread::sleep_for(20ms); });
      std::puts("returned");
    });
    make_chan<int>().recv();
  });
}
PROGRAM(pinned_ones) {
  return offset::run([] {
    auto c = make_chan<int>();
    offset::go({.pinned = true}, [=] { c.recv(); });
    c.recv();
  });
}
PROGRAM(rw_recursive_read) {
  // A writer waits between: Appendix 2, 23.
  return offset::run([] {
    offset::sync::rw_mutex m;
    m.rlock();
    offset::go([&] { m.lock(); });
    while (m.try_rlock()) m.runlock(), offset::yield();
    m.rlock();
  });
}
TEST(Deadlock, OnceNothingIsPendingAnyMore) {
  auto o = test::run_program("after_a_timer");
  EXPECT_EQ(o.out, "fired\n");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(all_asleep)) << o.err;
  o = test::run_program("stopped_timer");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(all_asleep)) << o.err;
  o = test::run_program("dropped_timers");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(all_asleep)) << o.err;
  o = test::run_program("after_a_blocking_call");
  EXPECT_EQ(o.out, "returned\n");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(all_asleep)) << o.err;
  o = test::run_program("pinned_ones");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(all_asleep)) << o.err;
  o = test::run_program("rw_recursive_read");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(all_asleep)) << o.err;
}

PROGRAM(main_exits_alone) {
  return offset::run([] { offset::goexit(); });
}
PROGRAM(main_exits_last) {
  return offset::run([] {
    auto c = make_chan<int>();
    offset::go([=] {
      c.recv();
      std::puts("done");
    });
    offset::go([=] { c.send(1); });
    offset::goexit();
  });
}
PROGRAM(main_exits_others_blocked) {
  return offset::run([] {
    offset::go([] { make_chan<int>().recv(); });
    offset::goexit();
  });
}
PROGRAM(main_swallows_exit) {
  return offset::run([] {
    try {
      offset::goexit();
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
  });
}
TEST(Deadlock, GoexitOfMain) {
  const std::string none = "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n";
  auto o = test::run_program("main_exits_alone");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(none)) << o.err;
  o = test::run_program("main_exits_last");
  EXPECT_EQ(o.status, 2);
  EXPECT_EQ(o.out, "done\n");
  EXPECT_TRUE(o.err.starts_with(none)) << o.err;
  o = test::run_program("main_exits_others_blocked");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(all_asleep)) << o.err;
  o = test::run_program("main_swallows_exit");
  EXPECT_EQ(o.status, 2);
  EXPECT_TRUE(o.err.starts_with(none)) << o.err;
}

// --- silence

PROGRAM(a_thread_may_wake_us) {
  auto c = make_chan<int>();
  std::thread waker([=] {
    std::this_thread::sleep_for(100ms);
    c.send(7);
  });
  const int v = offset::run([=] { return *c.recv(); });
  waker.join();
  return v;
}
PROGRAM(under_a_runtime) {
  auto c = make_chan<int>();
  offset::runtime r;
  r.go([=] { c.send(*c.recv() + 1); });
  std::this_thread::sleep_for(100ms);
  c.send(6);
  return *c.recv();
}
PROGRAM(a_ticker_runs) {
  return offset::run([] {
    offset::time::ticker t(10ms);
    auto c = make_chan<int>();
    int out = 0;
    // Go waits for ever; a time-out ends it here.
    return c.recv_for(out, 100ms) == offset::op_status::timeout ? 7 : 1;
  });
}
PROGRAM(a_long_blocking_call) {
  return offset::run([] {
    return offset::blocking([] {
      std::this_thread::sleep_for(100ms);
      return 7;
    });
  });
}
TEST(Deadlock, SilentWhileSomebodyCouldWake) {
  for (const char* name :
       {"a_thread_may_wake_us", "under_a_runtime", "a_ticker_runs", "a_long_blocking_call"}) {
    const auto o = test::run_program(name);
    EXPECT_EQ(o.status, 7) << name << ": " << o.err;
    EXPECT_EQ(o.err, "") << name;
  }
}

PROGRAM(returns_with_waiters) {
  return offset::run([] {
    for (int i = 0; i < 10; ++i) offset::go([] { make_chan<int>().recv(); });
    return 5;
  });
}
TEST(Deadlock, NotWhenMainReturns) {
  const auto o = test::run_program("returns_with_waiters");
  EXPECT_EQ(o.status, 5);
  EXPECT_EQ(o.err, "");
}

}  // namespace
