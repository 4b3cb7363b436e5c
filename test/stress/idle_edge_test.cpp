// Hazard 8: a wake-up lost while going idle. Somebody posts just as the carriers go to sleep, again
// and again: from threads outside, between goroutines, from pinned goroutines, from blocking calls,
// by timers. A lost wake-up shows as a hang.
#include <optional>
#include <thread>
#include <vector>

#include "stress.h"

using namespace std::chrono_literals;

namespace {

using stress::dice;
using stress::rounds;

// Somewhere around the time for which a carrier looks for work before it sleeps.
void linger(dice& d) {
  switch (d.below(4)) {
    case 0: break;
    case 1: stress::burn(static_cast<unsigned>(d.below(2'000))); break;
    default: {
      const auto until =
          std::chrono::steady_clock::now() + std::chrono::nanoseconds(20'000 + d.below(25'000));
      while (std::chrono::steady_clock::now() < until) stress::burn(5);
      break;
    }
  }
}

using idle_edge = stress::watched;

TEST_F(idle_edge, a_thread_and_a_goroutine) {
  offset::runtime world;
  auto question = offset::make_chan<long>();
  auto answer = offset::make_chan<long>();
  world.go([=] {
    for (const long v : question) answer.send(v + 1);
    answer.close();
  });
  dice d(3);
  for (long i = 0; i < rounds(6'000); ++i) {
    question.send(i);
    ASSERT_EQ(answer.recv(), std::optional(i + 1));
    linger(d);
  }
  question.close();
  EXPECT_EQ(answer.recv(), std::nullopt);
  EXPECT_TRUE(world.shutdown(60s));
}

TEST_F(idle_edge, several_threads_post) {
  offset::runtime world;
  constexpr int threads = 4;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([t] {
      dice d(static_cast<std::uint64_t>(t + 1));
      auto c = offset::make_chan<long>(t % 2);
      auto back = offset::make_chan<long>(1);
      offset::go([=] {
        for (const long v : c) back.send(v);
      });
      for (long i = 0; i < rounds(2'500); ++i) {
        c.send(i);
        if (back.recv() != i) std::abort();
        linger(d);
      }
      c.close();
    });
  for (std::thread& t : all) t.join();
  EXPECT_TRUE(world.shutdown(60s));
}

TEST_F(idle_edge, go_from_outside) {
  offset::runtime world;
  std::atomic<long> ran{0};
  dice d(5);
  const long turns = rounds(6'000);
  for (long i = 0; i < turns; ++i) {
    if (i % 3 == 0) {
      auto done = offset::make_chan<void>();
      offset::go([&ran, done] {
        ran.fetch_add(1);
        done.send();
      });
      done.recv();
    } else {
      // Nobody waits in a channel for it: only `go` can wake a carrier.
      offset::go([&ran] {
        ran.fetch_add(1);
        ran.notify_one();
      });
      for (long seen = ran.load(); seen != i + 1; seen = ran.load()) ran.wait(seen);
    }
    linger(d);
  }
  EXPECT_EQ(ran.load(), turns);
  EXPECT_TRUE(world.shutdown(60s));
}

TEST_F(idle_edge, every_kind_of_post) {
  offset::runtime world;
  dice d(17);
  const long turns = rounds(4'000);
  for (long i = 0; i < turns; ++i) {
    auto done = offset::make_chan<void>(1);
    switch (i % 7) {
      case 0: {  // close
        auto c = offset::make_chan<void>();
        offset::go([=] {
          c.recv();
          done.send();
        });
        linger(d);
        c.close();
        break;
      }
      case 1: {  // the last done
        offset::sync::wait_group group;
        group.add(1);
        auto waits = offset::make_chan<void>(1);
        offset::go([&, waits] {
          group.wait();
          done.send();
          waits.send();
        });
        linger(d);
        group.done();
        waits.recv();
        break;
      }
      case 2: {  // unlock
        offset::sync::mutex m;
        m.lock();
        auto locked = offset::make_chan<void>(1);
        offset::go([&, locked] {
          m.lock();
          m.unlock();
          done.send();
          locked.send();
        });
        linger(d);
        m.unlock();
        locked.recv();
        m.lock();  // until that unlock is over
        m.unlock();
        break;
      }
      case 3: {  // release
        offset::sync::semaphore s(2);
        s.acquire(2);
        auto taken = offset::make_chan<void>(1);
        offset::go([&, taken] {
          s.acquire(1);
          done.send();
          taken.send();
        });
        linger(d);
        s.release(2);
        taken.recv();
        break;
      }
      case 4: {  // a select with many cases
        std::vector<offset::chan<long>> c(8);
        for (auto& one : c) one = offset::make_chan<long>();
        offset::go([=] {
          std::vector<offset::select_case> list;
          for (const auto& one : c) list.push_back(one.if_recv());
          offset::select(list);
          done.send();
        });
        linger(d);
        c[d.below(8)].send(1);
        break;
      }
      case 5:  // a timer set by a goroutine
        offset::go([=] {
          offset::time::sleep(30us);
          done.send();
        });
        break;
      default: {  // a timer set from outside
        auto t = offset::time::after(std::chrono::microseconds(d.below(60)));
        linger(d);
        t.recv();
        done.send();
        break;
      }
    }
    done.recv();
    linger(d);
  }
  EXPECT_TRUE(world.shutdown(60s));
}

// Without a thread outside: the deadlock report would tell, or the TIMEOUT.
TEST(idle_edge_inside, between_goroutines) {
  offset::run([] {
    constexpr int pairs = 3;
    offset::sync::wait_group all;
    for (int p = 0; p < pairs; ++p) {
      auto c = offset::make_chan<long>();
      auto back = offset::make_chan<long>();
      all.go([=] {
        dice d(static_cast<std::uint64_t>(p + 100));
        for (const long v : c) {
          linger(d);
          back.send(v);
        }
      });
      all.go([=] {
        dice d(static_cast<std::uint64_t>(p + 200));
        for (long i = 0; i < rounds(2'000); ++i) {
          c.send(i);
          linger(d);
          if (back.recv() != i) std::abort();
        }
        c.close();
      });
    }
    all.wait();
  });
}

TEST(idle_edge_inside, bursts_of_work) {
  offset::run([] {
    dice d(9);
    for (long i = 0; i < rounds(3'000); ++i) {
      offset::sync::wait_group all;
      const int n = static_cast<int>(d.below(6)) + 1;
      for (int k = 0; k < n; ++k) all.go([k] { stress::burn(static_cast<unsigned>(k) * 2'000); });
      linger(d);
      all.wait();
      if (i % 4 == 0) offset::time::sleep(std::chrono::microseconds(d.below(80)));
    }
  });
}

TEST(idle_edge_inside, pinned_and_blocking) {
  offset::run([] {
    auto c = offset::make_chan<long>();
    auto back = offset::make_chan<long>();
    offset::go({.name = "pinned", .pinned = true}, [=] {
      dice d(41);
      for (const long v : c) {
        linger(d);
        back.send(v);
      }
      back.close();
    });
    dice d(42);
    for (long i = 0; i < rounds(2'500); ++i) {
      c.send(i);
      linger(d);
      if (back.recv() != i) std::abort();
      const auto wait = std::chrono::nanoseconds(d.below(50'000));
      if (i % 2 == 0)
        offset::blocking([&] {
          const auto until = std::chrono::steady_clock::now() + wait;
          while (std::chrono::steady_clock::now() < until) stress::burn(5);
        });
    }
    c.close();
    back.recv();
  });
}

// The keeper of time: timers from several carriers and from a pinned goroutine, each earlier than
// the one that a carrier sleeps for.
TEST(idle_edge_inside, timers_ever_earlier) {
  offset::run([] {
    offset::sync::wait_group all;
    all.add(3);
    for (int k = 0; k < 3; ++k)
      offset::go({.pinned = k == 0}, [&all, k] {
        dice d(static_cast<std::uint64_t>(k + 60));
        for (long i = 0; i < rounds(1'200); ++i) {
          const auto far = offset::time::after(1h);
          offset::time::sleep(std::chrono::nanoseconds(10'000 + d.below(150'000)));
          linger(d);
        }
        all.done();
      });
    all.wait();
  });
}

}  // namespace
