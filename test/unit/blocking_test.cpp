// blocking: calls that block their thread, on the I/O pool.
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../support/elements.h"
#include "../support/wait.h"

using namespace std::chrono_literals;
using offset::blocking;
using offset::make_chan;
using offset::run;

namespace {

// What threads of a pool wait for each other with.
class latch {
 public:
  void open() {
    {
      const std::scoped_lock lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

int doubled(int n) { return 2 * n; }

TEST(Blocking, PassesResultsThrough) {
  run([] {
    EXPECT_EQ(blocking([] { return 5; }), 5);
    EXPECT_EQ(blocking([] { return std::string("text"); }), "text");
    EXPECT_EQ(*blocking([] { return std::make_unique<int>(6); }), 6);
    int variable = 1;
    int& reference = blocking([&]() -> int& { return variable; });
    EXPECT_EQ(&reference, &variable);
    auto&& moved = blocking([&]() -> int&& { return std::move(variable); });
    EXPECT_EQ(&moved, &variable);
    static_assert(std::is_void_v<decltype(blocking([] {}))>);
    blocking([&] { variable = 8; });
    EXPECT_EQ(variable, 8);
    EXPECT_EQ(blocking([] { return test::no_default(4); }).value, 4);
    EXPECT_EQ(blocking([p = std::make_unique<int>(3)] { return *p; }), 3);
    EXPECT_EQ(blocking(std::bind_front(doubled, 4)), 8);
  });
}

TEST(Blocking, PassesExceptionsThrough) {
  run([] {
    EXPECT_THROW(blocking([] { throw 1; }), int);
    try {
      blocking([]() -> int { throw std::runtime_error("from the pool"); });
      FAIL();
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "from the pool");
    }
    EXPECT_EQ(blocking([] { return 2; }), 2);
    test::ledger l;
    EXPECT_THROW(blocking([&]() -> test::counted { throw test::counted(&l, 1); }), test::counted);
    EXPECT_EQ(l.alive.load(), 0);
  });
}

TEST(Blocking, ResultsDieOnce) {
  test::ledger l;
  run([&] {
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(blocking([&] { return test::counted(&l, i); }).value(), i);
  });
  EXPECT_EQ(l.alive.load(), 0);
  EXPECT_EQ(l.errors.load(), 0);
  EXPECT_EQ(l.copies.load(), 0);
}

TEST(Blocking, RunsOnAnotherThreadAndHoldsNobodyUp) {
  latch l;
  run({.maxprocs = 1}, [&] {
    auto c = make_chan<std::thread::id>();
    offset::go([&, c] {
      c.send(blocking([&] {
        l.wait();  // opened by a goroutine of the only carrier
        EXPECT_EQ(offset::goroutine_id(), 0U);
        return std::this_thread::get_id();
      }));
    });
    offset::go([&] { l.open(); });
    EXPECT_NE(*c.recv(), std::this_thread::get_id());
  });
}

TEST(Blocking, FromPlainThreadsItJustCalls) {
  const auto here = std::this_thread::get_id();
  EXPECT_EQ(blocking([] { return std::this_thread::get_id(); }), here);
  EXPECT_THROW(blocking([] { throw 1; }), int);
  run([] {
    // Inside a call as well: it is a plain thread.
    EXPECT_TRUE(blocking([] {
      const auto mine = std::this_thread::get_id();
      return blocking([] { return std::this_thread::get_id(); }) == mine;
    }));
  });
}

TEST(Blocking, CallsMayUseChannels) {
  run([] {
    auto c = make_chan<int>();
    auto d = make_chan<int>();
    offset::go([=] {
      for (int v : c) d.send(v + 1);
    });
    EXPECT_EQ(blocking([=] {
                c.send(4);
                return *d.recv();
              }),
              5);
    EXPECT_EQ(blocking([=] {
                offset::go([=] { c.send(6); });
                return *d.recv();
              }),
              7);
  });
}

TEST(Blocking, FromPinnedGoroutines) {
  run([] {
    auto c = make_chan<bool>();
    offset::go({.pinned = true}, [=] {
      const auto mine = std::this_thread::get_id();
      const auto there = blocking([] { return std::this_thread::get_id(); });
      c.send(there != mine && std::this_thread::get_id() == mine);
    });
    EXPECT_TRUE(*c.recv());
  });
}

TEST(Blocking, ManyCalls) {
  run([] {
    std::atomic<int> n{0};
    offset::sync::wait_group all;
    for (int g = 0; g < 500; ++g)
      all.go([&] {
        for (int i = 0; i < 4; ++i) n += blocking([] { return 1; });
      });
    all.wait();
    EXPECT_EQ(n.load(), 2'000);
  });
}

TEST(Blocking, QueuesAtTheCeiling) {
  run({.io_threads = 2}, [] {
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    offset::sync::wait_group all;
    for (int g = 0; g < 20; ++g)
      all.go([&] {
        blocking([&] {
          const int n = ++now;
          int seen = most.load();
          while (n > seen && !most.compare_exchange_weak(seen, n)) {
          }
          std::this_thread::sleep_for(1ms);
          --now;
        });
      });
    all.wait();
    EXPECT_LE(most.load(), 2);
    EXPECT_GE(most.load(), 1);
  });
}

TEST(Blocking, DependentCallsUpToTheCeiling) {
  // Each call waits for the one after it; the last lets them all go.
  constexpr int n = 32;
  run({.io_threads = n}, [] {
    std::vector<latch> latches(n);
    offset::sync::wait_group all;
    for (std::size_t i = 0; i + 1 < n; ++i)
      all.go([&, i] {
        blocking([&, i] {
          latches[i + 1].wait();
          latches[i].open();
        });
      });
    all.go([&] { blocking([&] { latches[n - 1].open(); }); });
    all.wait();
  });
}

TEST(Blocking, DependentCallsPastTheCeilingFail) {
  run({.io_threads = 2}, [] {
    latch l;
    offset::sync::wait_group all;
    std::atomic<int> started{0};
    for (int i = 0; i < 2; ++i)
      all.go([&] {
        blocking([&] {
          ++started;
          l.wait();
        });
      });
    EXPECT_TRUE(test::await([&] { return started.load() == 2; }));
    // Only this one could end the two.
    bool refused = false;
    try {
      blocking([&] { l.open(); });
    } catch (const std::system_error& e) {
      refused = true;
      EXPECT_EQ(e.code(), std::errc::resource_deadlock_would_occur) << e.what();
    }
    EXPECT_TRUE(refused);
    l.open();
    all.wait();
    EXPECT_EQ(blocking([] { return 3; }), 3);
  });
}

TEST(Blocking, AbandonedCallsEndByThemselves) {
  // Main returns while calls are under way: run does, too; the calls touch nothing of it later.
  static latch l;
  static std::atomic<int> ended{0};
  run([] {
    auto started = make_chan<void>();
    for (int i = 0; i < 3; ++i)
      offset::go([=] {
        blocking([=] {
          started.send();
          l.wait();
          ++ended;
        });
        ADD_FAILURE() << "ran again";
      });
    for (int i = 0; i < 3; ++i) started.recv();
  });
  EXPECT_EQ(run([] { return blocking([] { return 4; }); }), 4) << "another runtime meanwhile";
  l.open();
  EXPECT_TRUE(test::await([] { return ended.load() == 3; }));
  EXPECT_EQ(run([] { return 1; }), 1);
}

}  // namespace
