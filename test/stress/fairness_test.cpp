// Hazard 14: the next slot starves the queue. Pairs that ping-pong for ever, loops of yield, and
// goroutines that start others, beside a third that must progress and timers that must fire, on one
// P too.
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "../support/wait.h"
#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::rounds;

// Runs `busy` (which starts goroutines that go on until `stop`) and sees that others get on.
template <class Busy>
void others_get_on(Busy busy) {
  offset::run([&] {
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    busy(stop, all);
    for (long turn = 0; turn < rounds(20); ++turn) {
      // One that only yields.
      auto counted = offset::make_chan<int>(1);
      offset::go([=] {
        for (int i = 0; i < 50; ++i) offset::yield();
        counted.send(1);
      });
      counted.recv();
      // One that waits in turn for each of several.
      auto c = offset::make_chan<int>();
      for (int i = 0; i < 5; ++i) offset::go([=] { c.send(i); });
      for (int i = 0; i < 5; ++i) c.recv();
      // Timers of all kinds.
      offset::time::sleep(200us);
      auto ran = offset::make_chan<void>();
      auto f = offset::time::after_func(100us, [=] { ran.close(); });
      ran.recv();
      int v = 0;
      auto nobody = offset::make_chan<int>();
      nobody.recv_for(v, 100us);
      // A post from a blocking call, and from a thread outside.
      offset::blocking([] {});
      auto from_outside = offset::make_chan<void>();
      std::thread t([=] { from_outside.send(); });
      from_outside.recv();
      t.join();
    }
    stop.store(true);
    all.wait();
  });
}

void ping_pong(std::atomic<bool>& stop, offset::sync::wait_group& all, int pairs, int capacity) {
  for (int p = 0; p < pairs; ++p) {
    auto there = offset::make_chan<int>(capacity);
    auto back = offset::make_chan<int>(capacity);
    all.go([=] {
      for (const int v : there) back.send(v + 1);
    });
    all.go([=, &stop] {
      int v = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        there.send(v);
        back.recv(v);
      }
      there.close();
    });
  }
}

TEST(fairness, one_pair) {
  others_get_on([](auto& stop, auto& all) { ping_pong(stop, all, 1, 0); });
}
TEST(fairness, many_pairs) {
  others_get_on([](auto& stop, auto& all) { ping_pong(stop, all, 8, 0); });
}
TEST(fairness, buffered_pairs) {
  others_get_on([](auto& stop, auto& all) { ping_pong(stop, all, 4, 1); });
}
TEST(fairness, loops_of_yield) {
  others_get_on([](auto& stop, auto& all) {
    for (int i = 0; i < 8; ++i)
      all.go([&] {
        while (!stop.load(std::memory_order_relaxed)) offset::yield();
      });
  });
}
// Each starts its successor and ends: always somebody new in the next slot.
TEST(fairness, chains_of_go) {
  others_get_on([](auto& stop, auto& all) {
    struct link {
      static void run(std::atomic<bool>& s, offset::sync::wait_group& a) {
        if (!s.load(std::memory_order_relaxed)) a.go([&] { run(s, a); });
      }
    };
    for (int i = 0; i < 4; ++i) all.go([&] { link::run(stop, all); });
  });
}
TEST(fairness, mutex_convoys) {
  struct state {
    offset::sync::mutex m;
    long n = 0;
  };
  auto s = std::make_shared<state>();
  others_get_on([s](auto& stop, auto& all) {
    for (int i = 0; i < 6; ++i)
      all.go([&stop, s] {
        while (!stop.load(std::memory_order_relaxed)) {
          s->m.lock();
          ++s->n;
          offset::yield();
          s->m.unlock();
        }
      });
  });
}
// Timers that are always due.
TEST(fairness, timers_without_end) {
  others_get_on([](auto& stop, auto& all) {
    for (int i = 0; i < 20; ++i)
      all.go([&] {
        while (!stop.load(std::memory_order_relaxed)) offset::time::sleep(1us);
      });
  });
}
// Whoever comes from outside waits in the global queue, where those wait too whose time has come
// and who are too many for a P's queue.
TEST(fairness, outsiders_beside_crowds_of_sleepers) {
  offset::run([] {
    std::atomic<bool> stop{false};
    offset::sync::wait_group all;
    for (int i = 0; i < 245; ++i)
      all.go([&] {
        while (!stop.load()) {
          const auto until = std::chrono::steady_clock::now() + 1us;
          while (std::chrono::steady_clock::now() < until) {
          }
          offset::yield();
        }
      });
    for (int i = 0; i < 2'000; ++i)
      all.go([&] {
        while (!stop.load()) {
          const auto now = std::chrono::steady_clock::now().time_since_epoch();
          offset::time::sleep((now / 5ms + 1) * 5ms - now);
        }
      });
    offset::time::sleep(50ms);
    for (long turn = 0; turn < rounds(3); ++turn) {
      std::atomic<bool> ran{false};
      std::thread outside([&] { offset::go([&] { ran.store(true); }); });
      EXPECT_TRUE(test::await([&] { return ran.load(); }));
      outside.join();
    }
    stop.store(true);
    all.wait();
  });
}

TEST(fairness, selects_that_are_always_ready) {
  others_get_on([](auto& stop, auto& all) {
    for (int i = 0; i < 4; ++i)
      all.go([&] {
        auto a = offset::make_chan<int>(1);
        while (!stop.load(std::memory_order_relaxed)) {
          offset::select(a.if_send(1), a.if_recv());
          offset::select(a.if_send(1), a.if_recv(), offset::otherwise);
        }
      });
  });
}

// A select takes each of its ready cases in the long run.
TEST(fairness, selects_choose_evenly) {
  constexpr std::size_t cases = 4;
  const long turns = rounds(200'000);
  std::array<long, cases> chosen{};
  offset::run([&] {
    std::array<offset::chan<void>, cases> c;
    for (auto& one : c) {
      one = offset::make_chan<void>();
      one.close();
    }
    for (long i = 0; i < turns; ++i)
      ++chosen[offset::select(c[0].if_recv(), c[1].if_recv(), c[2].if_recv(), c[3].if_recv())];
  });
  for (const long n : chosen) {
    EXPECT_GT(n, turns / static_cast<long>(cases) * 3 / 4);
    EXPECT_LT(n, turns / static_cast<long>(cases) * 5 / 4 + 10);
  }
}

}  // namespace
