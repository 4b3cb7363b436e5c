// Timers: storms of start, stop, reset and drop from many goroutines and threads; nothing stale is
// ever received, nothing fires early, nothing is forgotten.
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using offset::op_status;
using offset::time::clock;
using stress::dice;
using stress::rounds;

TEST(timers, sleeps_of_all_lengths) {
  std::atomic<long> early{0};
  offset::run([&] {
    offset::sync::wait_group all;
    for (int k = 0; k < stress::goroutines(2'000); ++k)
      all.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        for (long i = 0; i < rounds(20); ++i) {
          const auto wait = std::chrono::nanoseconds(d.below(3'000'000));
          const auto begin = clock::now();
          offset::time::sleep(wait);
          if (clock::now() - begin < wait) early.fetch_add(1);
        }
      });
    all.wait();
  });
  EXPECT_EQ(early.load(), 0);
}

// Whoever stops or resets a timer gets nothing of before.
TEST(timers, nothing_stale) {
  std::atomic<long> stale{0};
  std::atomic<long> early{0};
  offset::run([&] {
    offset::sync::wait_group all;
    for (int k = 0; k < 16; ++k)
      all.go([&, k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        offset::time::timer t(10us);
        auto c = t.c();
        for (long i = 0; i < rounds(2'000); ++i) {
          if (d.below(2) == 0) offset::yield();
          if (d.below(8) == 0) offset::time::sleep(std::chrono::microseconds(d.below(30)));
          offset::time::time_point when;
          if (d.below(2) == 0) {
            t.stop();
            if (c.try_recv(when) != op_status::would_block) stale.fetch_add(1);
            t.reset(std::chrono::microseconds(d.below(40)));
          } else {
            const auto wait = std::chrono::microseconds(d.below(40));
            const auto now = clock::now();
            t.reset(wait);
            if (d.below(2) == 0) {
              c.recv(when);
              if (when < now + wait) early.fetch_add(1);
            }
          }
        }
      });
    all.wait();
  });
  EXPECT_EQ(stale.load(), 0);
  EXPECT_EQ(early.load(), 0);
}

using timers_and_threads = stress::watched;

// Several use one timer at once, threads of the program's own among them.
TEST_F(timers_and_threads, shared_timers) {
  offset::runtime world;
  std::vector<offset::time::timer> all;
  std::vector<offset::time::ticker> tickers;
  for (int i = 0; i < 4; ++i) {
    all.emplace_back(1h);
    tickers.emplace_back(30us);
  }
  std::atomic<long> received{0};
  const auto use = [&](int who) {
    dice d(static_cast<std::uint64_t>(who + 1));
    for (long i = 0; i < rounds(4'000); ++i) {
      auto& t = all[d.below(all.size())];
      auto& k = tickers[d.below(tickers.size())];
      offset::time::time_point when;
      switch (d.below(7)) {
        case 0: t.reset(std::chrono::microseconds(d.below(50))); break;
        case 1: t.stop(); break;
        case 2:
          if (t.c().recv_for(when, 20us) == op_status::ok) received.fetch_add(1);
          break;
        case 3: k.reset(std::chrono::microseconds(10 + d.below(50))); break;
        case 4:
          if (k.c().recv_for(when, 60us) == op_status::ok) received.fetch_add(1);
          break;
        case 5: offset::select(t.c().if_recv(), k.c().if_recv(), offset::timeout(10us)); break;
        default: k.stop(); break;
      }
    }
  };
  auto done = offset::make_chan<void>(8);
  for (int i = 0; i < 8; ++i)
    world.go([&, i] {
      use(i);
      done.send();
    });
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&, i] { use(100 + i); });
  for (std::thread& t : threads) t.join();
  for (int i = 0; i < 8; ++i) done.recv();
  all.clear();
  tickers.clear();
  EXPECT_TRUE(world.shutdown(60s));
}

// after_func, stopped at about the time it fires: it ran exactly when stop says that it was too
// late.
TEST(timers, functions_run_or_are_stopped) {
  std::atomic<long> ran{0};
  long stopped = 0;
  const long turns = rounds(10'000);
  offset::run([&] {
    dice d(77);
    for (long i = 0; i < turns; ++i) {
      auto t = offset::time::after_func(std::chrono::microseconds(d.below(12)),
                                        [&ran] { ran.fetch_add(1); });
      const auto until = clock::now() + std::chrono::nanoseconds(d.below(16'000));
      while (clock::now() < until) offset::yield();
      stopped += t.stop() ? 1 : 0;
    }
    while (ran.load() + stopped < turns) offset::yield();
    offset::time::sleep(2ms);
  });
  EXPECT_EQ(ran.load() + stopped, turns);
}

// The handle of a timer is dropped while others still hold its channel, and the other way round.
TEST(timers, dropped_in_every_order) {
  offset::run([] {
    offset::sync::wait_group all;
    for (int k = 0; k < 12; ++k)
      all.go([k] {
        dice d(static_cast<std::uint64_t>(k + 1));
        for (long i = 0; i < rounds(3'000); ++i) {
          offset::recv_chan<offset::time::time_point> c;
          {
            offset::time::timer t(std::chrono::microseconds(d.below(10)));
            if (d.below(2) == 0) c = t.c();
            if (d.below(2) == 0) offset::yield();
          }
          offset::time::time_point when;
          if (c && c.try_recv(when) == op_status::ok) std::abort();  // stopped by its destructor
          auto a = offset::time::after(std::chrono::microseconds(d.below(10)));
          if (d.below(2) == 0) a.recv();
          auto tick = offset::time::tick(std::chrono::microseconds(1 + d.below(20)));
          if (d.below(4) == 0) tick.recv();
          auto f = offset::time::after_func(std::chrono::microseconds(d.below(10)), [a] {});
          if (d.below(4) == 0) offset::yield();
        }
      });
    all.wait();
  });
}

// A hundred thousand timers at once, in random order.
TEST(timers, very_many) {
  std::atomic<long> fired{0};
  const int many = stress::tsan ? 3'000 : stress::asan ? 20'000 : 100'000;
  offset::run([&] {
    dice d(5);
    std::vector<offset::recv_chan<offset::time::time_point>> waits;
    std::vector<offset::time::timer> cancelled;
    for (int i = 0; i < many; ++i) {
      waits.push_back(offset::time::after(std::chrono::microseconds(d.below(30'000))));
      if (i % 2 == 0)
        cancelled.emplace_back(std::chrono::microseconds(60'000'000 + d.below(1'000)));
    }
    for (auto& t : cancelled)
      if (!t.stop()) std::abort();
    for (auto& c : waits) {
      c.recv();
      fired.fetch_add(1);
    }
  });
  EXPECT_EQ(fired.load(), many);
}

}  // namespace
