// Hazard 15: a spinning lock whose owner cannot run. Far more threads than CPUs on every contended
// path: 16 carriers and plain threads on one channel, one select, one mutex, one set of timers, the
// I/O pool.
#include <deque>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

constexpr unsigned carriers = 16;
constexpr int players = 32;
constexpr int threads = 8;

// f(i) in `players` goroutines, some pinned, and `threads` plain threads.
template <class F>
void crowd(F f) {
  offset::run({.maxprocs = carriers}, [&] {
    offset::sync::wait_group all;
    all.add(players + threads);
    for (int i = 0; i < players; ++i)
      offset::go({.pinned = i % 8 == 0}, [&, i] {
        f(i);
        all.done();
      });
    std::vector<std::thread> plain;
    for (int i = 0; i < threads; ++i)
      plain.emplace_back([&, i] {
        f(players + i);
        all.done();
      });
    all.wait();
    for (std::thread& t : plain) t.join();
  });
}

using oversubscribed = stress::watched;

TEST_F(oversubscribed, one_channel) {
  for (const int capacity : {0, 4}) {
    auto c = offset::make_chan<long>(capacity);
    std::atomic<long> sum{0};
    crowd([&](int who) {
      for (long i = 0; i < rounds(1'000); ++i)
        if (who % 2 == 0)
          c.send(1);
        else
          sum.fetch_add(*c.recv());
    });
    EXPECT_EQ(sum.load(), rounds(1'000) * (players + threads) / 2);
  }
}

TEST_F(oversubscribed, selects) {
  std::vector<offset::chan<long>> c(4);
  for (auto& one : c) one = offset::make_chan<long>(1);
  std::atomic<long> balance{0};
  std::atomic<long> performed{0};
  crowd([&](int who) {
    dice d(static_cast<std::uint64_t>(who + 1));
    long v = 0;
    for (long i = 0; i < rounds(1'000); ++i) {
      const auto& a = c[d.below(4)];
      const auto& b = c[d.below(4)];
      switch (offset::select(a.if_send(1), b.if_recv(v), offset::timeout(100us))) {
        case 0:
          balance.fetch_add(1);
          performed.fetch_add(1);
          break;
        case 1:
          balance.fetch_sub(1);
          performed.fetch_add(1);
          break;
        default: break;
      }
    }
  });
  long left = 0;
  for (const auto& one : c) left += static_cast<long>(one.len());
  EXPECT_EQ(balance.load(), left);
  EXPECT_GT(performed.load(), 0);
}

TEST_F(oversubscribed, mutexes) {
  offset::sync::mutex m;
  offset::sync::rw_mutex rw;
  offset::sync::semaphore s(3);
  long counter = 0;
  long written = 0;
  crowd([&](int who) {
    for (long i = 0; i < rounds(800); ++i) {
      m.lock();
      ++counter;
      m.unlock();
      if ((who + i) % 8 == 0) {
        rw.lock();
        ++written;
        rw.unlock();
      } else {
        rw.rlock();
        rw.runlock();
      }
      s.acquire(1 + i % 3);
      s.release(1 + i % 3);
    }
  });
  EXPECT_EQ(counter, rounds(800) * (players + threads));
}

TEST_F(oversubscribed, timers) {
  std::atomic<long> fired{0};
  crowd([&](int who) {
    dice d(static_cast<std::uint64_t>(who + 1));
    for (long i = 0; i < rounds(150); ++i) {
      auto t = offset::time::after(std::chrono::microseconds(d.below(50)));
      offset::time::timer other(1h);
      other.reset(std::chrono::microseconds(d.below(2'000)));
      t.recv();
      other.stop();
      offset::time::sleep(std::chrono::microseconds(d.below(20)));
      fired.fetch_add(1);
    }
  });
  EXPECT_EQ(fired.load(), rounds(150) * (players + threads));
}

TEST_F(oversubscribed, blocking_calls) {
  std::atomic<long> sum{0};
  crowd([&](int) {
    for (long i = 0; i < rounds(200); ++i) sum.fetch_add(offset::blocking([] { return 1L; }));
  });
  EXPECT_EQ(sum.load(), rounds(200) * (players + threads));
}

TEST_F(oversubscribed, starting_and_ending) {
  std::atomic<long> ran{0};
  crowd([&](int) {
    for (long i = 0; i < rounds(2'000); ++i) {
      offset::go([&] { ran.fetch_add(1); });
      if (i % 64 == 0) offset::yield();
    }
    while (offset::num_goroutines() > 20'000) std::this_thread::yield(), offset::yield();
  });
  // run ended with some of them not started: only what ran is known.
  EXPECT_LE(ran.load(), rounds(2'000) * (players + threads));
  EXPECT_GT(ran.load(), 0);
}

// CPU hogs beside it all: whoever holds a lock is taken off the CPU now and then.
TEST_F(oversubscribed, beside_hogs) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> hogs;
  for (int i = 0; i < 6; ++i)
    hogs.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) stress::burn(1'000);
    });
  auto c = offset::make_chan<long>();
  offset::sync::mutex m;
  std::atomic<long> sum{0};
  crowd([&](int who) {
    for (long i = 0; i < rounds(60); ++i) {
      m.lock();
      m.unlock();
      if (who % 2 == 0)
        c.send(1);
      else
        sum.fetch_add(*c.recv());
    }
  });
  stop.store(true);
  for (std::thread& t : hogs) t.join();
  EXPECT_EQ(sum.load(), rounds(60) * (players + threads) / 2);
}

}  // namespace
