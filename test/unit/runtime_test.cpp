// run and runtime: starting, ending, what is left behind, options.
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/program.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::make_chan;
using offset::op_status;

namespace {

int seven() { return 7; }
void nothing() {}

TEST(Run, Result) {
  EXPECT_EQ(offset::run([] { return 5; }), 5);
  EXPECT_EQ(offset::run([] {}), 0);
  EXPECT_EQ(offset::run(seven), 7);
  EXPECT_EQ(offset::run(nothing), 0);
  EXPECT_EQ(offset::run(&nothing), 0);
  EXPECT_EQ(offset::run([] { return true; }), 1);
  EXPECT_EQ(offset::run({.maxprocs = 3}, [] { return -1; }), -1);
  struct counter {
    int n = 0;
    int operator()() { return ++n; }
    counter() = default;
    counter(const counter&) = delete;
    counter& operator=(const counter&) = delete;
  } c;
  EXPECT_EQ(offset::run(c), 1) << "called where it is, not copied";
  EXPECT_EQ(offset::run(c), 2);
}

TEST(Run, MainIsGoroutineOne) {
  EXPECT_EQ(offset::goroutine_id(), 0U);
  EXPECT_EQ(offset::num_goroutines(), 0U);
  for (int i = 0; i < 3; ++i)
    offset::run([] {
      EXPECT_EQ(offset::goroutine_id(), 1U);
      EXPECT_EQ(offset::num_goroutines(), 1U);
    });
  EXPECT_EQ(offset::num_goroutines(), 0U);
}

TEST(Run, ExceptionsLeaveIt) {
  EXPECT_THROW(offset::run([] { throw std::runtime_error("x"); }), std::runtime_error);
  try {
    offset::run([]() -> int { throw 42; });
    FAIL();
  } catch (int n) {
    EXPECT_EQ(n, 42);
  }
  EXPECT_THROW(offset::run([] {
                 auto c = make_chan<int>();
                 c.close();
                 c.close();
               }),
               offset::panic_error);
  EXPECT_EQ(offset::run([] { return 1; }), 1) << "and it may be called again";
}

TEST(Run, OneAtATime) {
  offset::run([] {
    EXPECT_THROW(offset::run([] {}), std::logic_error);
    EXPECT_THROW(offset::runtime(), std::logic_error);
    auto c = make_chan<bool>();
    std::thread outside([=] {
      try {
        offset::run([] {});
        c.send(false);
      } catch (const std::logic_error&) {
        c.send(true);
      }
    });
    EXPECT_TRUE(*c.recv());
    offset::blocking([&] { outside.join(); });
    EXPECT_EQ(offset::goroutine_id(), 1U) << "still alive";
  });
  offset::runtime r;
  EXPECT_THROW(offset::run([] {}), std::logic_error);
  EXPECT_TRUE(r.shutdown(test::limit));
  EXPECT_EQ(offset::run([] { return 2; }), 2);
}

TEST(Run, AgainAndAgain) {
  for (int i = 0; i < 200; ++i) {
    const int got = offset::run([i] {
      auto c = make_chan<int>(i % 3);
      for (int g = 0; g < 4; ++g) offset::go([=] { c.send(g); });
      int sum = 0;
      for (int g = 0; g < 4; ++g) sum += *c.recv();
      return sum;
    });
    ASSERT_EQ(got, 6);
  }
}

TEST(Run, FromAnotherThread) {
  int got = 0;
  std::thread t([&] { got = offset::run([] { return 3; }); });
  t.join();
  EXPECT_EQ(got, 3);
}

// --- what main leaves behind

TEST(Abandoned, GoroutinesNeverRunAgain) {
  // All of this lives longer than the run.
  auto c = make_chan<int>();
  auto buffered = make_chan<int>(1);
  auto gate = make_chan<void>();
  offset::sync::mutex m;
  offset::sync::wait_group group;
  offset::sync::semaphore sem(1);
  offset::sync::rw_mutex rw;
  offset::sync::mutex cond_mutex;
  offset::sync::cond cond(cond_mutex);
  std::atomic<int> woken{0};
  std::atomic<int> destroyed{0};
  std::atomic<bool> cond_waits{false};
  struct guard {
    std::atomic<int>& n;
    ~guard() { ++n; }
  };
  m.lock();
  group.add(1);
  sem.acquire();
  rw.lock();
  buffered.try_send(1);
  offset::run([&] {
    const auto leave = [&](auto wait) {
      offset::go([&, wait] {
        const guard g{destroyed};
        wait();
        ++woken;
      });
    };
    leave([&] { c.recv(); });
    leave([&] { buffered.send(2); });
    leave([&] { offset::select(c.if_recv(), buffered.if_send(3), gate.if_recv()); });
    leave([&] {
      int out = 0;
      static_cast<void>(c.recv_for(out, 1h));
    });
    leave([&] { m.lock(); });
    leave([&] { group.wait(); });
    leave([&] { sem.acquire(); });
    leave([&] { rw.rlock(); });
    leave([&] {
      std::unique_lock lock(cond_mutex);
      cond_waits = true;
      cond.wait(lock);
    });
    leave([&] { offset::time::sleep(1h); });
    ASSERT_TRUE(test::await_receivers(c, 3));
    ASSERT_TRUE(test::await_senders(buffered, 2));
    ASSERT_TRUE(test::await([&] { return !sem.try_acquire(0); }));
    ASSERT_TRUE(test::await([&] { return cond_waits.load(); }));
    cond_mutex.lock();  // it is free once the wait has begun
    cond_mutex.unlock();
    for (int i = 0; i < 100; ++i) offset::yield();
  });
  EXPECT_EQ(woken.load(), 0);
  EXPECT_EQ(destroyed.load(), 0) << "their destructors do not run";
  // Nobody of them is fed any more: everything is as if they had not come.
  EXPECT_EQ(test::receivers_of(c), 0U);
  EXPECT_EQ(test::senders_of(buffered), 0U);
  EXPECT_EQ(c.try_send(1), op_status::would_block);
  std::thread receiver([&] { EXPECT_EQ(c.recv(), 5); });
  c.send(5);
  receiver.join();
  EXPECT_EQ(buffered.recv(), 1);
  EXPECT_EQ(buffered.len(), 0U);
  EXPECT_EQ(buffered.try_send(9), op_status::ok);
  m.unlock();
  EXPECT_TRUE(m.try_lock());
  m.unlock();
  group.done();
  group.wait();
  sem.release();
  EXPECT_TRUE(sem.try_acquire());
  rw.unlock();
  EXPECT_TRUE(rw.try_lock());
  rw.unlock();
  cond.broadcast();
  EXPECT_EQ(woken.load(), 0);
  gate.close();
}

TEST(Abandoned, ChannelIsUsedAgainInTheNextRun) {
  auto c = make_chan<int>();
  for (int i = 0; i < 20; ++i) {
    offset::run([&] {
      for (int g = 0; g < 10; ++g) {
        offset::go([=] { c.recv(); });
        offset::go([=] { offset::select(c.if_recv()); });
      }
      static_cast<void>(test::await_receivers(c, 20));
    });
    ASSERT_EQ(test::receivers_of(c), 0U);
    const int got = offset::run([&] {
      offset::go([=] { c.send(i); });
      return *c.recv();
    });
    ASSERT_EQ(got, i);
  }
}

TEST(Abandoned, RunningOnes) {
  // Goroutines that are on a carrier or ready when main returns.
  for (int i = 0; i < 20; ++i) {
    static std::atomic<bool> stop;
    stop = false;
    offset::run([] {
      for (int g = 0; g < 5; ++g)
        offset::go([] {
          while (!stop) offset::yield();
        });
      offset::yield();
    });
    stop = true;
  }
}

TEST(Abandoned, AThreadIsServedAcrossTheEnd) {
  // A thread waits on a channel while one runtime ends and the next begins.
  auto c = make_chan<int>();
  std::thread receiver([&] { EXPECT_EQ(c.recv(), 3); });
  ASSERT_TRUE(test::await_receivers(c, 1));
  offset::run([] {});
  EXPECT_EQ(test::receivers_of(c), 1U);
  offset::run([=] { c.send(3); });
  receiver.join();
}

// --- runtime

TEST(Runtime, GoAndShutdown) {
  std::atomic<int> n{0};
  {
    offset::runtime r;
    for (int i = 0; i < 100; ++i) r.go([&](int by) { n += by; }, 2);
    offset::go([&] { ++n; });
    EXPECT_TRUE(r.shutdown(test::limit));
    EXPECT_THROW(r.shutdown(1s), std::logic_error) << "once";
  }
  EXPECT_EQ(n.load(), 201);
  EXPECT_THROW(offset::go([] {}), std::logic_error);
}

TEST(Runtime, ShutdownWaitsForThoseThatStartOthers) {
  std::atomic<int> n{0};
  offset::runtime r;
  r.go([&] {
    offset::time::sleep(2ms);
    for (int i = 0; i < 10; ++i)
      offset::go([&] {
        offset::time::sleep(1ms);
        ++n;
      });
  });
  EXPECT_TRUE(r.shutdown(test::limit));
  EXPECT_EQ(n.load(), 10);
}

TEST(Runtime, ShutdownGivesUpInTime) {
  auto c = make_chan<int>();
  testing::internal::CaptureStderr();
  offset::runtime r;
  r.go(offset::go_options{.name = "straggler"}, [=] { c.recv(); });
  ASSERT_TRUE(test::await_receivers(c, 1));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(r.shutdown(20ms));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 20ms);
  const std::string report = testing::internal::GetCapturedStderr();
  EXPECT_NE(report.find("[chan receive]: straggler"), std::string::npos) << report;
  EXPECT_EQ(test::receivers_of(c), 0U);
}

TEST(Runtime, ShutdownOfAnIdleOneIsQuick) {
  // A goroutine that ends just as shutdown begins must not be missed: no wait up to the deadline.
  for (int i = 0; i < 300; ++i) {
    const auto began = std::chrono::steady_clock::now();
    offset::runtime r;
    r.go([] {});
    ASSERT_TRUE(r.shutdown(10s));
    ASSERT_LT(std::chrono::steady_clock::now() - began, 9s) << "trial " << i;
  }
}

TEST(Runtime, DestructorAbandons) {
  auto c = make_chan<int>();
  for (int i = 0; i < 20; ++i) {
    {
      offset::runtime r;
      r.go([=] { c.recv(); });
      ASSERT_TRUE(test::await_receivers(c, 1));
    }
    EXPECT_EQ(test::receivers_of(c), 0U);
  }
}

TEST(Runtime, WorksBesideThreads) {
  offset::runtime r({.maxprocs = 2});
  auto requests = make_chan<int>();
  auto replies = make_chan<int>(4);
  for (int g = 0; g < 4; ++g)
    r.go([=] {
      for (int v : requests) replies.send(v * v);
    });
  long sum = 0;
  std::thread reader([&] {
    for (int i = 0; i < 100; ++i) sum += *replies.recv();
  });
  for (int i = 0; i < 100; ++i) requests.send(i);
  reader.join();
  requests.close();
  EXPECT_EQ(sum, 99L * 100 * 199 / 6);
  EXPECT_TRUE(r.shutdown(test::limit));
}

// --- without any

TEST(NoRuntime, SaysSo) {
  const auto expect_logic_error = [](auto f, const char* what) {
    try {
      f();
      ADD_FAILURE() << what;
    } catch (const std::logic_error& e) {
      EXPECT_NE(std::string(e.what()).find("no runtime is alive"), std::string::npos) << e.what();
    }
  };
  expect_logic_error([] { offset::go([] {}); }, "go");
  expect_logic_error([] { offset::go({.name = "x"}, [] {}); }, "go with options");
  expect_logic_error([] { offset::go({.pinned = true}, [] {}); }, "go pinned");
  expect_logic_error([] { offset::time::timer(1s); }, "timer");
  expect_logic_error([] { offset::time::ticker(1s); }, "ticker");
  expect_logic_error([] { offset::time::after(1s); }, "after");
  expect_logic_error([] { static_cast<void>(offset::time::after_func(1s, [] {})); }, "after_func");
  expect_logic_error([] { offset::time::tick(1s); }, "tick");
  EXPECT_THROW(offset::goexit(), std::logic_error);
  EXPECT_EQ(offset::num_goroutines(), 0U);
  EXPECT_EQ(offset::goroutine_id(), 0U);
  offset::yield();
  EXPECT_EQ(offset::blocking([] { return 4; }), 4);
  const auto began = std::chrono::steady_clock::now();
  offset::time::sleep(2ms);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 2ms);
  EXPECT_EQ(offset::run([] { return 1; }), 1) << "nothing of it did harm";
}

TEST(NoRuntime, RefusedClosureIsDestroyed) {
  test::ledger l;
  EXPECT_THROW(offset::go([v = test::counted(&l, 1)] {}), std::logic_error);
  EXPECT_THROW(offset::time::after_func(1s, [v = test::counted(&l, 1)] {}), std::logic_error);
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
}

// --- options

template <class F>
std::string invalid(F f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "(accepted)";
}
void expect_names(const std::string& text, const std::string& name, const std::string& value) {
  EXPECT_NE(text.find(name), std::string::npos) << text;
  EXPECT_NE(text.find(value), std::string::npos) << text;
}

TEST(Options, OutOfRange) {
  bool ran = false;
  const auto main = [&] { ran = true; };
  expect_names(invalid([&] { offset::run({.maxprocs = 1'025}, main); }), "maxprocs", "1025");
  expect_names(invalid([&] { offset::run({.maxprocs = 4'000'000'000}, main); }), "maxprocs",
               "4000000000");
  expect_names(invalid([&] { offset::run({.io_threads = 4'000'000}, main); }), "io_threads",
               "4000000");
  expect_names(invalid([&] { offset::run({.stack_size = 1}, main); }), "stack_size", "1");
  expect_names(invalid([&] { offset::run({.stack_size = ~std::size_t{0}}, main); }), "stack_size",
               std::to_string(~std::size_t{0}));
  expect_names(invalid([&] { offset::runtime r({.maxprocs = 5'000}); }), "maxprocs", "5000");
  EXPECT_FALSE(ran);
  offset::run({.maxprocs = 1'024, .io_threads = 1, .stack_size = 64 << 10}, main);
  EXPECT_TRUE(ran) << "the limits themselves";
}

PROGRAM(environment) {
  try {
    return offset::run([] { return 7; });
  } catch (const std::invalid_argument& e) {
    std::puts(e.what());
    return 1;
  }
}

TEST(Options, Environment) {
  const auto run = [](const char* a, const char* b = "NOTHING=") {
    return test::run_program("environment", {"OFFSET_MAXPROCS", a, b});
  };
  for (const char* bad :
       {"OFFSET_MAXPROCS=0", "OFFSET_MAXPROCS=-1", "OFFSET_MAXPROCS=two", "OFFSET_MAXPROCS=1025",
        "OFFSET_MAXPROCS= 2", "OFFSET_MAXPROCS=2x", "OFFSET_MAXPROCS=99999999999999999999999",
        "GOMAXPROCS=0", "GOMAXPROCS=x", "OFFSET_IO_THREADS=0", "OFFSET_IO_THREADS=1000000",
        "OFFSET_STACK_SIZE=100", "OFFSET_STACK_SIZE=1e6", "OFFSET_STACK_SIZE=99999999999999999"}) {
    const auto o = run(bad);
    EXPECT_EQ(o.status, 1) << bad;
    const std::string text = bad;
    const std::size_t eq = text.find('=');
    expect_names(o.out, text.substr(0, eq), text.substr(eq + 1));
  }
  for (const char* good :
       {"OFFSET_MAXPROCS=", "OFFSET_MAXPROCS=1", "OFFSET_MAXPROCS=003", "OFFSET_MAXPROCS=1024",
        "GOMAXPROCS=2", "OFFSET_IO_THREADS=1", "OFFSET_STACK_SIZE=65536"})
    EXPECT_EQ(run(good).status, 7) << good;
  EXPECT_EQ(run("OFFSET_MAXPROCS=2", "GOMAXPROCS=8").status, 7);
}

// --- an extra carrier, added for a goroutine that kept the only one, retires

// Main keeps its carrier until there is another for `last`, and then waits. `last` gives way
// without waiting until that other one is one too many: it retires as soon as `last` waits.
template <class F>
void on_an_extra_carrier(F last) {
  const auto until = [](auto d, auto turn) {
    const auto end = std::chrono::steady_clock::now() + d;
    while (std::chrono::steady_clock::now() < end) turn();
  };
  auto c = make_chan<void>();
  offset::go([=] {
    until(100ms, [] { offset::yield(); });
    last();
    c.send();
  });
  until(30ms, [] {});
  c.recv();
}

TEST(ExtraCarrier, LeavesItsTimersInGoodHands) {
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(offset::run({.maxprocs = 1},
                          [] {
                            on_an_extra_carrier([] { offset::time::sleep(1ms); });
                            return 7;
                          }),
              7);
}

PROGRAM(extra_carrier_deadlock) {
  return offset::run({.maxprocs = 1},
                     [] { on_an_extra_carrier([] { make_chan<void>().recv(); }); });
}
TEST(ExtraCarrier, IsNotMissedByTheDeadlockReport) {
  for (int i = 0; i < 5; ++i) {
    const auto o = test::run_program("extra_carrier_deadlock");
    EXPECT_EQ(o.status, 2);
    EXPECT_TRUE(o.err.starts_with("fatal error: all goroutines are asleep - deadlock!\n"));
  }
}

}  // namespace
