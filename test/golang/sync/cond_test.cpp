// Go: src/sync/cond_test.go.
#include <mutex>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>
#include <offset/offset.hpp>

#include "../../support/wait.h"

using offset::make_chan;
using offset::otherwise;
using offset::select;
using offset::sync::cond;
using offset::sync::mutex;

namespace {

TEST(Cond, TestCondSignal) {
  offset::run([] {
    constexpr int n = 2;
    mutex m;
    cond c(m);
    auto running = make_chan<void>(n);
    auto awake = make_chan<void>(n);
    offset::sync::wait_group all;
    for (int i = 0; i < n; ++i)
      all.go([&, running, awake] {
        std::unique_lock lock(m);
        running.send();
        c.wait(lock);
        awake.send();
      });
    for (int i = 0; i < n; ++i) running.recv();
    for (int i = 0; i < n; ++i) {
      EXPECT_EQ(select(awake.if_recv(), otherwise), 1U) << "a goroutine is not asleep";
      m.lock();
      c.signal();
      m.unlock();
      awake.recv();
      EXPECT_EQ(select(awake.if_recv(), otherwise), 1U) << "too many are awake";
    }
    c.signal();
    all.wait();
  });
}

TEST(Cond, TestCondSignalGenerations) {
  offset::run([] {
    constexpr int n = 100;
    mutex m;
    cond c(m);
    auto running = make_chan<void>(n);
    auto awake = make_chan<int>(n);
    offset::sync::wait_group all;
    for (int i = 0; i < n; ++i) {
      all.go([&, running, awake, i] {
        std::unique_lock lock(m);
        running.send();
        c.wait(lock);
        awake.send(i);
      });
      if (i > 0) {
        EXPECT_EQ(awake.recv(), i - 1);
      }
      running.recv();
      m.lock();
      c.signal();
      m.unlock();
    }
    EXPECT_EQ(awake.recv(), n - 1);
    all.wait();
  });
}

TEST(Cond, TestCondBroadcast) {
  offset::run([] {
    constexpr int n = 50;
    mutex m;
    cond c(m);
    auto running = make_chan<int>(n);
    auto awake = make_chan<int>(n);
    bool over = false;
    offset::sync::wait_group all;
    for (int g = 0; g < n; ++g)
      all.go([&, running, awake, g] {
        std::unique_lock lock(m);
        while (!over) {
          running.send(g);
          c.wait(lock);
          awake.send(g);
        }
      });
    for (int turn = 0; turn < n; ++turn) {
      for (int i = 0; i < n; ++i) running.recv();
      if (turn == n - 1) {
        const std::lock_guard lock(m);
        over = true;
      }
      EXPECT_EQ(select(awake.if_recv(), otherwise), 1U) << "a goroutine is not asleep";
      m.lock();
      c.broadcast();
      m.unlock();
      std::vector<bool> seen(n);
      for (int i = 0; i < n; ++i) {
        const auto g = static_cast<std::size_t>(*awake.recv());
        EXPECT_FALSE(seen[g]) << "woke up twice";
        seen[g] = true;
      }
    }
    EXPECT_EQ(select(running.if_recv(), otherwise), 1U) << "a goroutine did not end";
    c.broadcast();
    all.wait();
  });
}

TEST(Cond, TestRace) {
  offset::run([] {
    int x = 0;
    mutex m;
    cond c(m);
    auto done = make_chan<void>();
    const auto give_way = [](std::unique_lock<mutex>& lock) {
      lock.unlock();
      offset::yield();
      lock.lock();
    };
    offset::go([&, done] {
      {
        std::unique_lock lock(m);
        x = 1;
        c.wait(lock);
        EXPECT_EQ(x, 2);
        x = 3;
        c.signal();
      }
      done.send();
    });
    offset::go([&, done] {
      {
        std::unique_lock lock(m);
        while (x != 1) give_way(lock);
        x = 2;
        c.signal();
      }
      done.send();
    });
    offset::go([&, done] {
      {
        std::unique_lock lock(m);
        while (x != 2 && x != 3) give_way(lock);
        if (x == 2) {
          c.wait(lock);
          EXPECT_EQ(x, 3);
        }
      }
      done.send();
    });
    for (int i = 0; i < 3; ++i) done.recv();
  });
}

TEST(Cond, TestCondSignalStealing) {
  offset::run([] {
    for (int turn = 0; turn < 300; ++turn) {
      struct {
        mutex m;
        cond c{m};
        bool done = false;
      } shared;
      offset::sync::wait_group all;
      auto ch = make_chan<void>();
      all.go([&, ch] {
        {
          std::unique_lock lock(shared.m);
          ch.send();
          shared.c.wait(lock);
        }
        ch.send();
      });
      ch.recv();
      shared.m.lock();  // now it waits
      shared.m.unlock();
      // One broadcasts, another one comes to wait: the first must be woken in any case.
      all.go([&] { shared.c.broadcast(); });
      all.go([&] {
        std::unique_lock lock(shared.m);
        while (!shared.done) shared.c.wait(lock);
      });
      ASSERT_EQ(select(ch.if_recv(), offset::timeout(test::limit)), 0U)
          << "the first waiter missed the broadcast";
      shared.m.lock();
      shared.done = true;
      shared.m.unlock();
      shared.c.broadcast();
      all.wait();
    }
  });
}

// "sync.Cond is copied" is for the compiler to say.
TEST(Cond, TestCondCopy) {
  static_assert(!std::is_copy_constructible_v<cond> && !std::is_copy_assignable_v<cond>);
  static_assert(!std::is_move_constructible_v<cond> && !std::is_move_assignable_v<cond>);
}

}  // namespace
